use std::sync::Arc;
use std::sync::atomic::Ordering;

use greentic_env_store::{EnvironmentReads, Watch};

use super::liar::{Answer, HONEST, Lie, Notes};
use super::tools::no_change;

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "tells only what comes",
        caught_by: &["store.watch.tells-the-present"],
        watch: |liar, env_id| {
            let present = liar.generation(env_id);
            let later = liar.inner.watch(env_id)?;
            liar.does(env_id, no_change());
            Ok(Box::new(later.filter(move |told| told.as_ref().ok() != Some(&present))))
        },
        ..HONEST
    },
    Lie {
        name: "tells the present and no more",
        caught_by: &[
            "store.handles.watch-each-other",
            "store.watch.tells-what-comes",
            "store.watch.tells-the-newest",
        ],
        watch: |liar, env_id| Ok(Box::new(liar.inner.watch(env_id)?.take(1))),
        ..HONEST
    },
    Lie {
        name: "tells every generation twice",
        caught_by: &[
            "store.watch.tells-what-comes",
            "store.watch.tells-the-newest",
            "store.watch.is-of-one-environment",
        ],
        watch: |liar, env_id| {
            let twice = |told: Answer<u64>| {
                let again = told.as_ref().ok().map(|generation| Ok(*generation));
                std::iter::once(told).chain(again)
            };
            Ok(Box::new(liar.inner.watch(env_id)?.flat_map(twice)))
        },
        ..HONEST
    },
    Lie {
        name: "goes on telling after the environment is destroyed",
        caught_by: &["store.watch.ends-with-the-environment"],
        watch: |liar, env_id| {
            let more = std::iter::repeat_with(|| Ok(0));
            Ok(Box::new(liar.inner.watch(env_id)?.chain(more)))
        },
        ..HONEST
    },
    Lie {
        name: "ends all watches when one is dropped",
        caught_by: &["store.watch.ends-when-dropped"],
        watch: |liar, env_id| {
            let (inner, notes) = (liar.inner.watch(env_id)?, Arc::clone(&liar.notes));
            Ok(Box::new(Infectious { inner, notes }))
        },
        ..HONEST
    },
    Lie {
        name: "watches what is absent",
        caught_by: &["store.watch.absent-is-not-found"],
        watch: |liar, env_id| {
            Ok(liar.inner.watch(env_id).unwrap_or_else(|_| Box::new(std::iter::empty())))
        },
        ..HONEST
    },
];

struct Infectious {
    inner: Watch,
    notes: Arc<Notes>,
}

impl Iterator for Infectious {
    type Item = Answer<u64>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.notes.watch_dropped.load(Ordering::Acquire) {
            return None;
        }
        self.inner.next()
    }
}

impl Drop for Infectious {
    fn drop(&mut self) {
        self.notes.watch_dropped.store(true, Ordering::Release);
    }
}
