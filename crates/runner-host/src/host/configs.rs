use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::HostConfig;

type All = HashMap<String, Arc<HostConfig>>;

/// How each tenant's workers run: read without a lock, and changed while it is read.
#[derive(Debug, Default)]
pub(super) struct Configs {
    all: ArcSwap<All>,
}

impl Configs {
    pub(super) fn get(&self, tenant: &str) -> Option<Arc<HostConfig>> {
        self.all.load().get(tenant).cloned()
    }

    pub(super) fn snapshot(&self) -> Arc<All> {
        self.all.load_full()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.load().is_empty()
    }

    /// Adds a tenant's, in place of the one before.
    pub(super) fn insert(&self, config: HostConfig) {
        let config = Arc::new(config);
        // Tried again when another change came between: none is lost.
        self.all.rcu(|all| {
            let mut all = All::clone(all);
            all.insert(config.tenant.clone(), Arc::clone(&config));
            all
        });
    }
}
