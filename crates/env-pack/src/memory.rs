//! What the ports in memory share: values of many tenants, none of whom takes the room of another.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use tokio::time::Instant;

use crate::PortError;

/// How much is kept in memory.
///
/// A tenant is whom the first two segments of a scope name: the environment and the tenant. What one
/// of them keeps is bounded, so that there is room for the others; what all keep is bounded, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimits {
    /// Keys of one tenant.
    pub keys_per_tenant: usize,
    /// Bytes of one tenant's values.
    pub bytes_per_tenant: usize,
    /// Keys of all tenants.
    pub keys: usize,
    /// Bytes of all tenants' values.
    pub bytes: usize,
    /// Bytes of one value.
    pub value: usize,
}

impl Default for MemoryLimits {
    /// 20,000 keys and 128 MiB for a tenant, 200,000 keys and 1 GiB for all, 1 MiB for a value.
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            keys_per_tenant: 20_000,
            bytes_per_tenant: 128 * MIB,
            keys: 200_000,
            bytes: 1024 * MIB,
            value: MIB,
        }
    }
}

/// A key with its scope.
pub(crate) trait Scoped: Clone + Eq + Hash {
    fn scope(&self) -> &str;
}

/// A value that may come to its end.
pub(crate) trait Entry {
    /// Bytes of it.
    fn size(&self) -> usize;

    /// When its time is over; none when that never comes.
    fn ends(&self) -> Option<Instant>;

    /// Since when it may be given up for another one: not before that time, never when there is none.
    fn spare_since(&self) -> Option<Instant>;

    fn is_over(&self, now: Instant) -> bool {
        self.ends().is_some_and(|ends| ends <= now)
    }
}

/// A time, and a number that tells apart what has the same time.
type Place = (Instant, u64);

/// The values of all tenants.
pub(crate) struct Shelves<K, E> {
    port: &'static str,
    limits: MemoryLimits,
    tenants: HashMap<Arc<str>, Shelf<K, E>>,
    all: Used,
    /// Whose time is over first.
    ends: BTreeMap<Place, Arc<K>>,
    largest: Largest,
    numbers: u64,
}

/// The values of one tenant.
struct Shelf<K, E> {
    tenant: Arc<str>,
    entries: HashMap<Arc<K>, Kept<E>>,
    used: Used,
    /// What is given up first.
    spare: BTreeMap<Place, Arc<K>>,
}

struct Kept<E> {
    entry: E,
    number: u64,
}

/// Tenants by what they keep, ascending: those with something to give up.
#[derive(Default)]
struct Largest {
    by_keys: BTreeSet<(usize, Arc<str>)>,
    by_bytes: BTreeSet<(usize, Arc<str>)>,
}

/// The limit that a value does not fit in.
#[derive(Clone, Copy)]
enum Exceeded {
    TenantKeys,
    TenantBytes,
    Keys,
    Bytes,
}

/// How much room is taken.
#[derive(Clone, Copy, Default)]
struct Used {
    keys: usize,
    bytes: usize,
}

impl Used {
    fn add(&mut self, size: usize) {
        self.keys += 1;
        self.bytes += size;
    }

    fn sub(&mut self, size: usize) {
        self.keys = self.keys.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(size);
    }
}

impl<K: Scoped, E: Entry> Shelves<K, E> {
    pub(crate) fn new(port: &'static str, limits: MemoryLimits) -> Self {
        Self {
            port,
            limits,
            tenants: HashMap::new(),
            all: Used::default(),
            ends: BTreeMap::new(),
            largest: Largest::default(),
            numbers: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.keys
    }

    /// The value, unless its time is over.
    pub(crate) fn live(&self, key: &K, now: Instant) -> Option<&E> {
        let shelf = self.tenants.get(tenant(key.scope()))?;
        shelf.entries.get(key).map(|kept| &kept.entry).filter(|entry| !entry.is_over(now))
    }

    /// Changes a value, unless its time is over; its size stays as it is.
    pub(crate) fn change(&mut self, key: &K, now: Instant, change: impl FnOnce(&mut E)) {
        let Some(mut entry) = self.remove(key) else { return };
        if !entry.is_over(now) {
            change(&mut entry);
            self.put(key, entry);
        }
    }

    /// Puts a value in its place, over another one when there is one. Values whose time is over go,
    /// and where there is no room, those that have been spare for longest.
    ///
    /// # Errors
    /// [`PortError::TooLarge`]; [`PortError::Full`] and [`PortError::NoSpace`] when nothing is left to
    /// give up. The value that was in its place is there still.
    pub(crate) fn insert(&mut self, key: &K, entry: E, now: Instant) -> Result<(), PortError> {
        let (port, actual, limits) = (self.port, entry.size(), &self.limits);
        // What never fits must not cost others their place.
        let limit = limits.value.min(limits.bytes_per_tenant).min(limits.bytes);
        if actual > limit {
            return Err(PortError::TooLarge { port, actual, limit });
        }
        self.sweep(now);
        while let Some(exceeded) = self.exceeded(key, actual) {
            let Some(spare) = self.spare(key, exceeded, now) else {
                return Err(self.refusal(exceeded));
            };
            self.remove(&spare);
        }
        self.remove(key);
        self.put(key, entry);
        Ok(())
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<E> {
        let shelf = self.tenants.get_mut(tenant(key.scope()))?;
        let Kept { entry, number } = shelf.entries.remove(key)?;
        self.largest.remove(shelf);
        shelf.used.sub(entry.size());
        self.all.sub(entry.size());
        if let Some(since) = entry.spare_since() {
            shelf.spare.remove(&(since, number));
        }
        if let Some(ends) = entry.ends() {
            self.ends.remove(&(ends, number));
        }
        self.largest.add(shelf);
        if shelf.entries.is_empty() {
            self.tenants.remove(tenant(key.scope()));
        }
        Some(entry)
    }

    /// How many values of a scope are live.
    pub(crate) fn count(&self, scope: &str, now: Instant) -> usize {
        let shelf = self.tenants.get(tenant(scope));
        let entries = shelf.into_iter().flat_map(|shelf| &shelf.entries);
        entries.filter(|(key, kept)| key.scope() == scope && !kept.entry.is_over(now)).count()
    }

    /// Puts a value where none is.
    fn put(&mut self, key: &K, entry: E) {
        self.numbers += 1;
        let (key, number) = (Arc::new(key.clone()), self.numbers);
        let tenant: Arc<str> = tenant(key.scope()).into();
        let shelf = self.tenants.entry(tenant).or_insert_with_key(Shelf::new);
        self.largest.remove(shelf);
        shelf.used.add(entry.size());
        self.all.add(entry.size());
        if let Some(since) = entry.spare_since() {
            shelf.spare.insert((since, number), Arc::clone(&key));
        }
        if let Some(ends) = entry.ends() {
            self.ends.insert((ends, number), Arc::clone(&key));
        }
        self.largest.add(shelf);
        shelf.entries.insert(key, Kept { entry, number });
    }

    /// The limit that a value does not fit in; none when it can be put in.
    fn exceeded(&self, key: &K, size: usize) -> Option<Exceeded> {
        let shelf = self.tenants.get(tenant(key.scope()));
        let before = shelf.and_then(|shelf| shelf.entries.get(key)).map(|kept| kept.entry.size());
        let with = |mut used: Used| {
            if let Some(before) = before {
                used.sub(before);
            }
            used.add(size);
            used
        };
        let own = with(shelf.map(|shelf| shelf.used).unwrap_or_default());
        let all = with(self.all);
        let bounds = [
            (own.keys, Exceeded::TenantKeys),
            (own.bytes, Exceeded::TenantBytes),
            (all.keys, Exceeded::Keys),
            (all.bytes, Exceeded::Bytes),
        ];
        let mut exceeded = bounds.into_iter().filter(|(used, bound)| *used > self.limit(*bound));
        exceeded.next().map(|(_, bound)| bound)
    }

    fn limit(&self, exceeded: Exceeded) -> usize {
        match exceeded {
            Exceeded::TenantKeys => self.limits.keys_per_tenant,
            Exceeded::TenantBytes => self.limits.bytes_per_tenant,
            Exceeded::Keys => self.limits.keys,
            Exceeded::Bytes => self.limits.bytes,
        }
    }

    fn refusal(&self, exceeded: Exceeded) -> PortError {
        let (port, limit) = (self.port, self.limit(exceeded));
        match exceeded {
            Exceeded::TenantKeys | Exceeded::Keys => PortError::Full { port, limit },
            Exceeded::TenantBytes | Exceeded::Bytes => PortError::NoSpace { port, limit },
        }
    }

    /// What is given up next: of the tenant itself, or of the largest one that can give something.
    fn spare(&self, key: &K, exceeded: Exceeded, now: Instant) -> Option<Arc<K>> {
        let of = |tenant: &str| self.tenants.get(tenant)?.spare(now);
        let largest = match exceeded {
            Exceeded::TenantKeys | Exceeded::TenantBytes => return of(tenant(key.scope())),
            Exceeded::Keys => &self.largest.by_keys,
            Exceeded::Bytes => &self.largest.by_bytes,
        };
        largest.iter().rev().find_map(|(_, tenant)| of(tenant))
    }

    /// Takes out what is over.
    fn sweep(&mut self, now: Instant) {
        while let Some((&(ends, _), key)) = self.ends.first_key_value()
            && ends <= now
        {
            let key = Arc::clone(key);
            self.remove(&key);
        }
    }
}

impl<K, E> Shelf<K, E> {
    fn new(tenant: &Arc<str>) -> Self {
        Self {
            tenant: Arc::clone(tenant),
            entries: HashMap::new(),
            used: Used::default(),
            spare: BTreeMap::new(),
        }
    }

    /// What has been spare for longest. When the first is not spare yet, none is.
    fn spare(&self, now: Instant) -> Option<Arc<K>> {
        let (&(since, _), key) = self.spare.first_key_value()?;
        (since <= now).then(|| Arc::clone(key))
    }
}

impl Largest {
    fn add<K, E>(&mut self, shelf: &Shelf<K, E>) {
        if !shelf.spare.is_empty() {
            self.by_keys.insert((shelf.used.keys, Arc::clone(&shelf.tenant)));
            self.by_bytes.insert((shelf.used.bytes, Arc::clone(&shelf.tenant)));
        }
    }

    /// To be called before what the tenant keeps is changed.
    fn remove<K, E>(&mut self, shelf: &Shelf<K, E>) {
        self.by_keys.remove(&(shelf.used.keys, Arc::clone(&shelf.tenant)));
        self.by_bytes.remove(&(shelf.used.bytes, Arc::clone(&shelf.tenant)));
    }
}

/// Whose scope it is: its first two segments.
fn tenant(scope: &str) -> &str {
    let mut slashes = scope.match_indices('/');
    let end = slashes.nth(1).map_or(scope.len(), |(at, _)| at);
    scope.get(..end).unwrap_or(scope)
}
