//! What the ports in memory share: values of many tenants, none of whom takes the room of another.

use std::collections::HashMap;
use std::hash::Hash;

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
    fn is_over(&self, now: Instant) -> bool;
}

/// The values of all tenants.
pub(crate) struct Shelves<K, E> {
    port: &'static str,
    limits: MemoryLimits,
    tenants: HashMap<String, Shelf<K, E>>,
    all: Used,
}

/// The values of one tenant.
struct Shelf<K, E> {
    entries: HashMap<K, E>,
    used: Used,
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
        Self { port, limits, tenants: HashMap::new(), all: Used::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.keys
    }

    /// The value, unless its time is over.
    pub(crate) fn live(&self, key: &K, now: Instant) -> Option<&E> {
        let shelf = self.tenants.get(tenant(key.scope()))?;
        shelf.entries.get(key).filter(|entry| !entry.is_over(now))
    }

    /// The same, to be changed; its size stays as it is.
    pub(crate) fn live_mut(&mut self, key: &K, now: Instant) -> Option<&mut E> {
        let shelf = self.tenants.get_mut(tenant(key.scope()))?;
        shelf.entries.get_mut(key).filter(|entry| !entry.is_over(now))
    }

    /// Puts a value in its place, over another one when there is one.
    ///
    /// # Errors
    /// [`PortError::TooLarge`], [`PortError::Full`], [`PortError::NoSpace`]; then nothing was changed
    /// but that values whose time is over are gone.
    pub(crate) fn insert(&mut self, key: &K, entry: E, now: Instant) -> Result<(), PortError> {
        let (port, actual, limit) = (self.port, entry.size(), self.limits.value);
        if actual > limit {
            return Err(PortError::TooLarge { port, actual, limit });
        }
        let tenant = tenant(key.scope());
        if self.no_room(tenant, key, actual).is_some() {
            self.sweep(tenant, now);
        }
        if self.no_room(tenant, key, actual).is_some() {
            self.sweep_all(now);
        }
        if let Some(error) = self.no_room(tenant, key, actual) {
            return Err(error);
        }
        self.remove(key);
        let shelf = self.tenants.entry(tenant.to_owned()).or_insert_with(Shelf::new);
        shelf.used.add(actual);
        self.all.add(actual);
        shelf.entries.insert(key.clone(), entry);
        Ok(())
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<E> {
        let tenant = tenant(key.scope());
        let shelf = self.tenants.get_mut(tenant)?;
        let entry = shelf.entries.remove(key)?;
        shelf.used.sub(entry.size());
        self.all.sub(entry.size());
        if shelf.entries.is_empty() {
            self.tenants.remove(tenant);
        }
        Some(entry)
    }

    /// How many values of a scope are live.
    pub(crate) fn count(&self, scope: &str, now: Instant) -> usize {
        let shelf = self.tenants.get(tenant(scope));
        let entries = shelf.into_iter().flat_map(|shelf| &shelf.entries);
        entries.filter(|(key, entry)| key.scope() == scope && !entry.is_over(now)).count()
    }

    /// Why a value cannot be put in; none when it can.
    fn no_room(&self, tenant: &str, key: &K, size: usize) -> Option<PortError> {
        let shelf = self.tenants.get(tenant);
        let before = shelf.and_then(|shelf| shelf.entries.get(key)).map(Entry::size);
        let own = shelf.map(|shelf| shelf.used).unwrap_or_default();
        let limits = &self.limits;
        let bounds = [
            (own, limits.keys_per_tenant, limits.bytes_per_tenant),
            (self.all, limits.keys, limits.bytes),
        ];
        bounds.into_iter().find_map(|(mut used, keys, bytes)| {
            if let Some(before) = before {
                used.sub(before);
            }
            used.add(size);
            let port = self.port;
            if used.keys > keys {
                return Some(PortError::Full { port, limit: keys });
            }
            (used.bytes > bytes).then_some(PortError::NoSpace { port, limit: bytes })
        })
    }

    /// Takes out what a tenant has whose time is over.
    fn sweep(&mut self, tenant: &str, now: Instant) {
        let Some(shelf) = self.tenants.get_mut(tenant) else { return };
        shelf.entries.retain(|_, entry| {
            let stays = !entry.is_over(now);
            if !stays {
                shelf.used.sub(entry.size());
                self.all.sub(entry.size());
            }
            stays
        });
        if shelf.entries.is_empty() {
            self.tenants.remove(tenant);
        }
    }

    fn sweep_all(&mut self, now: Instant) {
        let tenants: Vec<String> = self.tenants.keys().cloned().collect();
        for tenant in tenants {
            self.sweep(&tenant, now);
        }
    }
}

impl<K, E> Shelf<K, E> {
    fn new() -> Self {
        Self { entries: HashMap::new(), used: Used::default() }
    }
}

/// Whose scope it is: its first two segments.
fn tenant(scope: &str) -> &str {
    let mut slashes = scope.match_indices('/');
    let end = slashes.nth(1).map_or(scope.len(), |(at, _)| at);
    scope.get(..end).unwrap_or(scope)
}
