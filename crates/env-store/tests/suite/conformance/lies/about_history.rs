use greentic_deploy_spec::RestoreMode;
use greentic_deploy_spec::engine::Command;
use greentic_env_store::{EnvironmentHistory, EnvironmentReads, HistoryPage, StoreError};

use super::liar::{HONEST, Lie};

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "lists commits oldest first",
        caught_by: &["store.history.lists-commits", "store.history.is-paged"],
        history: |liar, env_id, page| {
            let commits = liar.inner.history(env_id, page)?;
            Ok(commits.into_iter().rev().collect())
        },
        ..HONEST
    },
    Lie {
        name: "begins every page with the newest commit",
        caught_by: &["store.history.is-paged"],
        history: |liar, env_id, page| {
            liar.inner.history(env_id, HistoryPage { before: None, ..page })
        },
        ..HONEST
    },
    Lie {
        name: "shows the present whatever generation is asked for",
        caught_by: &["store.history.shows-each-generation", "store.history.undo-goes-back"],
        at: |liar, env_id, _| liar.inner.snapshot(env_id),
        ..HONEST
    },
    Lie {
        name: "shows the nearest generation that there is",
        caught_by: &["store.history.names-what-is-kept"],
        at: |liar, env_id, generation| {
            let newest = liar.generation(env_id);
            liar.inner.at(env_id, generation.clamp(1, newest.max(1)))
        },
        ..HONEST
    },
    Lie {
        name: "tells differences the other way round",
        caught_by: &["store.history.differences-apply"],
        diff: |liar, env_id, from, to| liar.inner.diff(env_id, to, from),
        ..HONEST
    },
    Lie {
        name: "forgets the past of what was destroyed",
        caught_by: &["store.history.outlives-destroy"],
        at: |liar, env_id, generation| {
            liar.inner.snapshot(env_id)?;
            liar.inner.at(env_id, generation)
        },
        ..HONEST
    },
    Lie {
        name: "lists no past of what was destroyed",
        caught_by: &["store.history.outlives-destroy"],
        history: |liar, env_id, page| match liar.inner.env_exists(env_id)? {
            true => liar.inner.history(env_id, page),
            false => Err(StoreError::NotFound { env_id: env_id.clone() }),
        },
        ..HONEST
    },
    Lie {
        name: "leaves the runtime out of what it brings back",
        caught_by: &["store.history.undo-goes-back", "store.backup.comes-back-whole"],
        execute: |liar, env_id, mut request| {
            if let Command::Restore { snapshot, .. } = &mut request.command {
                snapshot.runtime = None;
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "undoes whatever it is asked to",
        caught_by: &["store.history.undo-is-judged"],
        execute: |liar, env_id, mut request| {
            if let Command::Restore { mode: mode @ RestoreMode::Undo, .. } = &mut request.command {
                *mode = RestoreMode::Backup;
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "destroys an environment to restore it",
        caught_by: &["store.backup.is-restored-in-place"],
        execute: |liar, env_id, mut request| {
            if let Command::Restore { mode: mode @ RestoreMode::Backup, .. } = &mut request.command
            {
                *mode = RestoreMode::Import;
                liar.does(env_id, Command::Destroy);
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "imports over what is there",
        caught_by: &["store.backup.is-put-where-it-belongs"],
        execute: |liar, env_id, mut request| {
            let exists = liar.inner.env_exists(env_id)?;
            if let Command::Restore { mode: mode @ RestoreMode::Import, .. } = &mut request.command
                && exists
            {
                *mode = RestoreMode::Backup;
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
];
