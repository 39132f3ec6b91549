use clap::Args;
use greentic_deploy_spec::engine::Command;
use greentic_env_store::{LocalFsStore, Request};
use greentic_operations::{Cure, DoctorReport, DoctorRequest, Operator, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::Change;
use crate::compose::Machine;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;

/// Examine an environment: its documents, its env-packs, the files of its revisions, its journal.
/// Ends with 1 when something needs somebody.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Examples:\n  gtc op env doctor\n  gtc op env doctor --fix")]
pub(crate) struct Doctor {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// Write files as they are recorded, and remove folders that nothing refers to. What somebody
    /// changed by hand is kept under `recovered/`.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fix: bool,
    /// Trust exactly the keys that `trust-root.json` has, after somebody changed it by hand.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    accept_trust_root: bool,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Serialize)]
struct Examined {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(flatten)]
    report: DoctorReport,
}

impl Run for Doctor {
    const NAME: Name = Name { noun: "env", op: "doctor" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let store = session.store()?;
        let dry_run = self.change.dry_run;
        if self.accept_trust_root && !dry_run {
            // The store puts its own command in the place of this one.
            let mut request = Request::new(Command::Batch(Vec::new()));
            request.key = self.change.key()?;
            if let Some(committed) = store.accept_trust_root(&env_id, request)? {
                session.tell_warnings(&committed.warnings);
            }
        }
        let machine = Machine::new(session, &store, &env_id)?;
        let cure = if self.fix && !dry_run { Cure::Fix } else { Cure::None };
        let request = DoctorRequest { env_id, cure, upkeep: Some(&store) };
        let operator = machine.operator(session, LocalFsStore::clone(&store));
        let report = Operator::doctor(&operator, &request)?;
        if let Some(fixed) = &report.fixed {
            session.tell_warnings(&fixed.warnings);
        }
        if !report.trust_root.signs {
            session.progress().warn(
                "no bundle can be added from this machine: its operator key is not there, cannot be used, or is not trusted; gtc op trust-root bootstrap says why, or mends it",
            );
        }
        // A cure that is only rehearsed shows what it would be about.
        let is_rehearsed = self.fix && dry_run;
        let failure = (!is_rehearsed && !report.healthy).then(|| unhealthy(&report));
        Ok(Answer::of(&Examined { dry_run, report })?.failing(failure))
    }
}

fn unhealthy(report: &DoctorReport) -> CliError {
    let may_fix = report.fixed.is_none()
        && !(report.orphaned_folders.is_empty()
            && report.unfinished_folders.is_empty()
            && report.store_problems.is_empty());
    let next = if may_fix {
        "gtc op env doctor --fix"
    } else if !report.stale_revisions.is_empty() {
        "gtc op deploy of the same bundle puts the files of its revision back"
    } else if !report.missing_slots.is_empty() {
        "gtc op env init binds what this machine has, in the environment `local`"
    } else {
        "mend what is listed above, then run the same command again"
    };
    CliError::Unhealthy {
        env_id: report.environment_id.to_string(),
        found: findings(report).len().max(1),
        next,
    }
}

impl Report for Examined {
    fn view(&self) -> View {
        let report = &self.report;
        let slots = |slots: &[greentic_deploy_spec::CapabilitySlot]| {
            let names: Vec<String> = slots.iter().map(ToString::to_string).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let verdict = if report.healthy { "healthy" } else { "needs somebody" };
        let view = View::new().fields([
            ("environment", Some(report.environment_id.to_string())),
            ("verdict", Some(verdict.to_owned())),
            ("bound slots", slots(&report.bound_slots)),
            ("missing slots", slots(&report.missing_slots)),
            ("trusted keys", Some(report.trust_root.key_ids.len().to_string())),
        ]);
        findings(report).into_iter().fold(view, |view, finding| view.text(format!("- {finding}")))
    }
}

/// Everything that was found and done, one line each.
fn findings(report: &DoctorReport) -> Vec<String> {
    let mut all = Vec::new();
    if let Verdict::Invalid { detail } = &report.validate {
        all.push(format!("the environment breaks a rule: {detail}"));
    }
    let bindings = [&report.unknown_kinds, &report.slot_mismatches, &report.version_skew];
    all.extend(bindings.into_iter().flatten().map(|one| format!("{}: {}", one.slot, one.detail)));
    all.extend(report.stale_revisions.iter().map(|one| one.detail.clone()));
    all.extend(
        report
            .orphaned_folders
            .iter()
            .map(|id| format!("nothing records the folder of revision {id}")),
    );
    all.extend(
        report.unfinished_folders.iter().map(|name| format!("folder `{name}` was never finished")),
    );
    all.extend(report.store_problems.iter().cloned());
    if let Some(fixed) = &report.fixed {
        all.extend(fixed.written.iter().map(|file| format!("written as it is recorded: {file}")));
    }
    all
}
