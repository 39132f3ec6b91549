use std::sync::Arc;
use std::sync::atomic::Ordering;

use greentic_deploy_spec::{EnvId, EnvironmentRuntime, PackDescriptor, SchemaVersion};
use greentic_env_store::{
    EnvSnapshot, EnvironmentHistory, EnvironmentMutations, EnvironmentReads, Request, StoreError,
};

use super::liar::{Answer, HONEST, Liar, Lie};
use super::tools::{create, no_change, numbered};

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "hides what begins with a dot",
        caught_by: &["store.reads.odd-ids-are-environments"],
        list: |liar| {
            let mut ids = liar.inner.list_env_ids()?;
            ids.retain(|id| !id.as_str().starts_with('.'));
            Ok(ids)
        },
        ..HONEST
    },
    Lie {
        name: "shows absent environments as empty ones",
        caught_by: &[
            "store.concurrency.comes-and-goes-whole",
            "store.reads.absent-is-not-found",
            "store.destroy.leaves-nothing",
        ],
        snapshot: |liar, env_id| match liar.inner.snapshot(env_id) {
            Err(StoreError::NotFound { env_id }) => Ok(EnvSnapshot::absent(env_id)),
            answer => answer,
        },
        ..HONEST
    },
    Lie {
        name: "lists environments the other way round",
        caught_by: &["store.reads.list-is-sorted"],
        list: |liar| liar.inner.list_env_ids().map(|ids| ids.into_iter().rev().collect()),
        ..HONEST
    },
    Lie {
        name: "loads the environment of the generation before",
        caught_by: &["store.reads.agree", "store.documents.save-writes-the-whole"],
        load: |liar, env_id| {
            let now = liar.inner.load_env(env_id)?;
            let before = liar.generation(env_id).saturating_sub(1);
            let before = liar.inner.at(env_id, before).ok();
            let environment = before.and_then(|then| then.environment().cloned());
            Ok(environment.map_or(now, |environment| environment.into_typed()))
        },
        ..HONEST
    },
    Lie {
        name: "makes a runtime up where none is",
        caught_by: &["store.reads.nothing-recorded"],
        runtime: |liar, env_id| {
            let recorded = liar.inner.read_runtime(env_id)?;
            Ok(recorded.or_else(|| Some(made_up_runtime(env_id))))
        },
        ..HONEST
    },
    Lie {
        name: "commits when it is read",
        caught_by: &["store.reads.change-nothing"],
        load: |liar, env_id| {
            liar.does(env_id, no_change());
            liar.inner.load_env(env_id)
        },
        ..HONEST
    },
    Lie {
        name: "makes an environment where it is only looked for",
        caught_by: &["store.reads.change-nothing", "store.reads.absent-is-not-found"],
        load: |liar, env_id| {
            liar.does(env_id, create(env_id));
            liar.inner.load_env(env_id)
        },
        ..HONEST
    },
    Lie {
        name: "takes an unsafe id for another one",
        caught_by: &["store.reads.unsafe-id-is-refused"],
        execute: |liar, env_id, request| {
            if env_id.is_safe_path_segment() {
                return liar.honestly(env_id, request);
            }
            let safe: EnvId = "dots".parse().expect("an id");
            liar.inner.execute(&safe, Request::new(create(&safe)))
        },
        ..HONEST
    },
    Lie {
        name: "shows snapshots late by one",
        caught_by: &["store.snapshots.show-the-last-change", "store.handles.see-each-other"],
        snapshot: one_late,
        ..HONEST
    },
    Lie {
        name: "shows an older snapshot now and then",
        caught_by: &["store.concurrency.reads-never-go-back"],
        snapshot: |liar, env_id| match liar.notes.calls.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => liar.inner.snapshot(env_id),
            _ => liar.inner.at(env_id, 2).or_else(|_| liar.inner.snapshot(env_id)),
        },
        ..HONEST
    },
    Lie {
        name: "shows the runtime of the generation before",
        caught_by: &[
            "store.handles.read-beside-writers",
            "store.snapshots.are-of-one-moment",
            "store.concurrency.reads-never-go-back",
        ],
        snapshot: |liar, env_id| {
            let now = liar.inner.snapshot(env_id)?;
            let mut mixed = now.state().as_ref().clone();
            mixed.runtime = one_late(liar, env_id)?.runtime().cloned();
            let (generation, etag) = (now.generation(), now.etag().cloned());
            Ok(EnvSnapshot::new(env_id.clone(), generation, etag, Arc::new(mixed)))
        },
        ..HONEST
    },
    Lie {
        name: "shows the etag of the generation before",
        caught_by: &[
            "store.handles.read-beside-writers",
            "store.snapshots.are-of-one-moment",
            "store.etags.are-strong",
        ],
        snapshot: |liar, env_id| {
            let now = liar.inner.snapshot(env_id)?;
            let etag = one_late(liar, env_id)?.etag().cloned();
            Ok(numbered(&now, now.generation(), etag))
        },
        ..HONEST
    },
    Lie {
        name: "names another environment in a snapshot",
        caught_by: &["store.snapshots.are-of-one-environment"],
        snapshot: |liar, env_id| {
            let now = liar.inner.snapshot(env_id)?;
            let other = "another".parse().expect("an id");
            let (generation, etag) = (now.generation(), now.etag().cloned());
            Ok(EnvSnapshot::new(other, generation, etag, now.state().clone()))
        },
        ..HONEST
    },
];

fn one_late(liar: &Liar, env_id: &EnvId) -> Answer<EnvSnapshot> {
    let now = liar.inner.snapshot(env_id)?;
    Ok(liar.inner.at(env_id, now.generation() - 1).unwrap_or(now))
}

fn made_up_runtime(env_id: &EnvId) -> EnvironmentRuntime {
    EnvironmentRuntime {
        schema: SchemaVersion::from(EnvironmentRuntime::schema_str()),
        environment_id: env_id.clone(),
        discovered: Default::default(),
        generated_at: Default::default(),
        generated_by: PackDescriptor::try_new("made.up@1.0.0").expect("a descriptor"),
        generation: 0,
    }
}
