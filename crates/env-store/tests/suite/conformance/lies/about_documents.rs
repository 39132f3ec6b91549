use greentic_deploy_spec::CapabilitySlot;
use greentic_deploy_spec::engine::Command;
use greentic_env_store::{EnvironmentHistory, EnvironmentReads, HistoryPage};
use serde_json::json;

use super::liar::{HONEST, Lie};
use super::tools::{doc, no_change, retyped};

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "drops empty keys",
        caught_by: &["store.documents.odd-values-are-kept", "store.documents.answers-are-kept"],
        execute: |liar, env_id, mut request| {
            if let Command::SavePackAnswers { answers, .. } = &mut request.command
                && let Some(answers) = answers.as_object_mut()
            {
                answers.remove("");
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "drops keys that it does not know",
        caught_by: &[
            "store.unknown-keys.survive-every-verb",
            "store.unknown-keys.of-elements-survive",
            "store.unknown-keys.of-the-runtime-survive",
            "store.unknown-keys.survive-a-save",
        ],
        execute: |liar, env_id, mut request| {
            match &mut request.command {
                Command::Replace(document) => *document = retyped(document),
                Command::SaveRuntime(document) => *document = retyped(document),
                Command::AddPackBinding(document) => *document = retyped(document),
                _ => {}
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "keeps the bindings that a save leaves out",
        caught_by: &["store.documents.save-writes-the-whole", "store.verbs.documents"],
        execute: |liar, env_id, mut request| {
            if let Command::Replace(environment) = &mut request.command {
                let mut merged = environment.typed().clone();
                let recorded = liar.inner.load_env(env_id);
                let packs = recorded.map(|recorded| recorded.packs).unwrap_or_default();
                let left_out = |slot| environment.pack_for_slot(slot).is_none();
                merged.packs.extend(packs.into_iter().filter(|pack| left_out(pack.slot)));
                *environment = doc(merged);
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "has one place for the answers of all slots",
        caught_by: &["store.documents.answers-are-kept"],
        execute: |liar, env_id, mut request| {
            if let Command::SavePackAnswers { slot, .. } | Command::DeletePackAnswers { slot } =
                &mut request.command
            {
                *slot = CapabilitySlot::State;
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "refuses to remove answers that are absent",
        caught_by: &["store.documents.answers-are-kept"],
        execute: |liar, env_id, request| match request.command {
            Command::DeletePackAnswers { slot }
                if !liar.inner.snapshot(env_id)?.state().pack_answers.contains_key(&slot) =>
            {
                liar.does_instead(env_id, request, Command::RemovePackBinding { slot })
            }
            _ => liar.honestly(env_id, request),
        },
        ..HONEST
    },
    Lie {
        name: "brings something back when an environment is created anew",
        caught_by: &["store.destroy.begins-anew"],
        execute: |liar, env_id, request| {
            let creates = matches!(request.command, Command::CreateEnvironment(_));
            let past = liar.inner.history(env_id, HistoryPage::default()).is_ok();
            let committed = liar.honestly(env_id, request)?;
            if creates && past {
                let (slot, answers) = (CapabilitySlot::State, json!({"of": "the past"}));
                liar.does(env_id, Command::SavePackAnswers { slot, answers });
            }
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "says that it destroyed what it keeps",
        caught_by: &["store.destroy.leaves-nothing", "store.reads.list-is-sorted"],
        execute: |liar, env_id, request| match request.command {
            Command::Destroy => liar.does_instead(env_id, request, no_change()),
            _ => liar.honestly(env_id, request),
        },
        ..HONEST
    },
];
