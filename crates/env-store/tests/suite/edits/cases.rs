//! The edits: of each file, valid, invalid at each level, cut, empty, garbage, old and gone.

use std::fs;

use greentic_deploy_spec::MAX_DOCUMENT_BYTES;
use serde_json::{Value, json};

use super::Lab;
use crate::worker::{ANSWERS, ENDPOINT};

pub(super) struct Case {
    pub(super) file: &'static str,
    pub(super) name: &'static str,
    pub(super) edit: Edit,
    /// Whether it is a document of its type that the next verb takes over.
    pub(super) is_valid: bool,
}

pub(super) enum Edit {
    /// Changes what is there.
    Change(fn(&mut Value)),
    /// Says the same in other words.
    Reformat,
    /// Puts these bytes there.
    Bytes(&'static [u8]),
    /// Leaves the first half.
    Cut,
    /// Puts another file's bytes there.
    CopyOf(&'static str),
    Remove,
    Folder,
    /// More bytes than a document may have, without room on the disk for them.
    Huge,
}

impl Case {
    pub(super) fn apply(&self, lab: &Lab) {
        match self.edit {
            Edit::Change(change) => {
                let mut document = lab.json(self.file);
                change(&mut document);
                lab.write(self.file, document.to_string());
            }
            Edit::Reformat => lab.write(self.file, lab.json(self.file).to_string()),
            Edit::Bytes(bytes) => lab.write(self.file, bytes),
            Edit::Cut => {
                let bytes = lab.read(self.file).expect("a file");
                lab.write(self.file, &bytes[..bytes.len() / 2]);
            }
            Edit::CopyOf(other) => lab.write(self.file, lab.read(other).expect("a file")),
            Edit::Remove => lab.remove(self.file),
            Edit::Huge => {
                let file = fs::File::create(lab.at(self.file)).expect("a file");
                file.set_len(MAX_DOCUMENT_BYTES as u64 + 1).expect("a size");
            }
            Edit::Folder => {
                lab.remove(self.file);
                fs::create_dir(lab.at(self.file)).expect("a folder");
            }
        }
    }
}

pub(super) fn find(file: &str, name: &str) -> &'static Case {
    let case = CASES.iter().find(|case| case.file == file && case.name == name);
    case.unwrap_or_else(|| panic!("no case {file}: {name}"))
}

const fn case(file: &'static str, name: &'static str, edit: Edit) -> Case {
    Case { file, name, edit, is_valid: false }
}

const fn valid(file: &'static str, name: &'static str, edit: Edit) -> Case {
    Case { file, name, edit, is_valid: true }
}

const ENVIRONMENT: &str = "environment.json";
const RUNTIME: &str = "runtime.json";
const CONFIG: &str = "runtime-config.json";
const ROUTING: &str = "routing.json";
const TRUST: &str = "trust-root.json";
const INDEX: &str = "messaging/index.json";
const GARBAGE: Edit = Edit::Bytes(b"\x8f\x02 what is this?\n");
const EMPTY: Edit = Edit::Bytes(b"");
/// Blocks that a crash left unwritten.
const ZEROS: Edit = Edit::Bytes(&[0; 512]);

pub(super) const CASES: &[Case] = &[
    valid(ENVIRONMENT, "another name", Edit::Change(|env| env["name"] = "By hand".into())),
    valid(ENVIRONMENT, "an unknown key", Edit::Change(|env| env["note"] = json!({"by": "hand"}))),
    valid(ENVIRONMENT, "the same in other words", Edit::Reformat),
    case(ENVIRONMENT, "a field of another type", Edit::Change(|env| env["name"] = 7.into())),
    case(ENVIRONMENT, "a key twice", Edit::Bytes(b"{\"name\": \"a\", \"name\": \"b\"}")),
    case(
        ENVIRONMENT,
        "a later schema",
        Edit::Change(|env| {
            env["schema"] = "greentic.environment.v2".into();
        }),
    ),
    case(
        ENVIRONMENT,
        "weights that are no whole",
        Edit::Change(|env| {
            env["traffic_splits"][0]["entries"][0]["weight_bps"] = 1.into();
        }),
    ),
    case(
        ENVIRONMENT,
        "another environment's id",
        Edit::Change(|env| {
            env["environment_id"] = "other".into();
        }),
    ),
    case(ENVIRONMENT, "garbage", GARBAGE),
    case(ENVIRONMENT, "empty", EMPTY),
    case(ENVIRONMENT, "blocks of zeros", ZEROS),
    case(ENVIRONMENT, "cut", Edit::Cut),
    case(ENVIRONMENT, "gone", Edit::Remove),
    case(ENVIRONMENT, "a folder", Edit::Folder),
    case(ENVIRONMENT, "larger than a document", Edit::Huge),
    valid(
        RUNTIME,
        "another address",
        Edit::Change(|runtime| {
            runtime["discovered"]["listen_addr"] = "10.0.0.1:80".into();
        }),
    ),
    valid(RUNTIME, "gone", Edit::Remove),
    case(
        RUNTIME,
        "a field of another type",
        Edit::Change(|runtime| {
            runtime["generation"] = "one".into();
        }),
    ),
    case(
        RUNTIME,
        "a later schema",
        Edit::Change(|runtime| {
            runtime["schema"] = "greentic.environment-runtime.v2".into();
        }),
    ),
    case(
        RUNTIME,
        "another environment's",
        Edit::Change(|runtime| {
            runtime["environment_id"] = "other".into();
        }),
    ),
    case(RUNTIME, "garbage", GARBAGE),
    case(RUNTIME, "empty", EMPTY),
    case(RUNTIME, "cut", Edit::Cut),
    valid(
        ANSWERS,
        "another region",
        Edit::Change(|answers| {
            answers["region"] = "us-east-1".into();
        }),
    ),
    valid(ANSWERS, "gone", Edit::Remove),
    case(ANSWERS, "garbage", GARBAGE),
    case(ANSWERS, "cut", Edit::Cut),
    case(
        CONFIG,
        "other weights",
        Edit::Change(|config| {
            config["revisions"][0]["weight_bps"] = 1.into();
        }),
    ),
    case(CONFIG, "the same in other words", Edit::Reformat),
    case(CONFIG, "garbage", GARBAGE),
    case(CONFIG, "empty", EMPTY),
    case(CONFIG, "cut", Edit::Cut),
    case(CONFIG, "gone", Edit::Remove),
    case(CONFIG, "a folder", Edit::Folder),
    case(CONFIG, "larger than a document", Edit::Huge),
    case(ROUTING, "garbage", GARBAGE),
    case(ROUTING, "a later schema", Edit::Bytes(b"{\"schema\": \"greentic.routing.v2\"}")),
    case(ROUTING, "gone", Edit::Remove),
    case(
        ENDPOINT,
        "another display name",
        Edit::Change(|endpoint| {
            endpoint["display_name"] = "By hand".into();
        }),
    ),
    case(ENDPOINT, "garbage", GARBAGE),
    case(ENDPOINT, "gone", Edit::Remove),
    case(INDEX, "no endpoints", Edit::Bytes(b"[]\n")),
    case(INDEX, "gone", Edit::Remove),
    case(
        "messaging/00000000000000000000000009.json",
        "an endpoint that is not there",
        Edit::CopyOf(ENDPOINT),
    ),
    case(TRUST, "the same in other words", Edit::Reformat),
];
