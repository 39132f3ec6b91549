//! Packs that could be built and could never work.

use std::fs;

use greentic_pack_format::PackBuilder;

use crate::lab::{self, COMPONENT, limits, pack_folder, write};

/// Builds a pack of these nodes over the shared component.
fn built(nodes: &str) -> Result<PackBuilder, String> {
    let folder = pack_folder();
    write(folder.path(), "flows/main.ygtc", format!("id: main\ntype: messaging\nnodes:\n{nodes}"));
    PackBuilder::from_folder(folder.path(), &limits()).map_err(|error| error.to_string())
}

#[test]
fn what_a_flow_names_has_to_be_in_the_pack() {
    let check = |nodes: &str, expected: &str| {
        let error = built(nodes).unwrap_err();
        assert_eq!(error, format!("flows/main.ygtc:4:3: {expected}"));
    };
    check(
        "  a: {flow.call: {flow_id: other}}\n",
        "node `a` calls the flow `other`, which the pack does not have; its flows are: main",
    );
    check(
        "  a: {ai.example.greeter: {}, operation: great}\n",
        "the component `ai.example.greeter` has no operation `great`; it has: greet, ask",
    );
    check(
        "  a: {ai.example.greeter: {}}\n",
        "node `a` names no operation of the component `ai.example.greeter`; write `operation:` with one of: greet, ask",
    );
    let gone = |id: &str| {
        format!(
            "node `a` runs the component `{id}`, which the pack does not have; its components are: ai.example.greeter"
        )
    };
    for id in ["template", "questions", "mcp", "dw.agent"] {
        check(&format!("  a: {{{id}: {{}}}}\n"), &gone(id));
        check(&format!("  a: {{component.exec: {{component: {id}, operation: x}}}}\n"), &gone(id));
    }
    check(
        "  a: {session.wiat: {}}\n",
        "node `a` runs the component `session.wiat`, which the pack does not have; did you mean `session.wait`?",
    );
    let lacks = |node: &str, runs: &str, key: &str| {
        let expected = format!("`{runs}` needs `{key}`; write it into the payload of node `a`");
        check(&format!("  a: {{{node}}}\n"), &expected);
    };
    lacks("flow.call: {}", "flow.call", "flow_id");
    lacks("state.get: {}", "state.get", "key");
    lacks("state.set: {key: 5}", "state.set", "key");
    lacks("provider.invoke: {}", "provider.invoke", "op");
    lacks("component.exec: {operation: greet}", "component.exec", "component");
    lacks("component.exec: {component: ai.example.greeter}", "component.exec", "operation");
    let waits = "node `a` waits and leads nowhere; write `routing: [{to: NODE}]` with the node that takes the answer";
    for routing in ["out", "reply", "[{to: out}]", "[{status: ok, out: true}]"] {
        check(&format!("  a: {{session.wait: {{}}, routing: {routing}}}\n"), waits);
    }
    check(
        "  a: {provider.invoke: {op: x, err_map: {a: b}}}\n",
        "`err_map` does nothing here; an error ends the turn; `in_map` and `out_map` are the maps there are",
    );
}

#[test]
fn nodes_that_lead_to_each_other_for_ever_are_refused() {
    let check = |nodes: &str, expected: &str| {
        let error = built(nodes).unwrap_err();
        let end = "; let one of them wait (`session.wait`), end (`out`) or have a `condition`";
        assert_eq!(error, format!("flows/main.ygtc:{expected}{end}"));
    };
    check("  a: {emit.log: {}, routing: [{to: a}]}\n", "4:3: the flow never leaves node `a`");
    check(
        "  in: {emit.log: {}, routing: [{to: b}]}\n  b: {state.get: {key: k}, routing: [{to: c}]}\n  c: {emit.response: {}, routing: [{to: b}]}\n",
        "5:3: the flow never leaves the nodes b, c",
    );
    for way_out in [
        "session.wait: {}, routing: [{to: a}]",
        "emit.log: {}, routing: [{condition: 'a == \"b\"', to: a}, {to: out}]",
        "ai.example.greeter: {}, operation: ask, routing: [{to: a}]",
    ] {
        built(&format!("  a: {{emit.log: {{}}, routing: [{{to: b}}]}}\n  b: {{{way_out}}}\n"))
            .unwrap();
    }
}

#[test]
fn what_is_known_only_when_the_flow_runs_is_not_judged() {
    for node in [
        "flow.call: {flow_id: \"{{entry.flow}}\"}",
        "flow.call: \"{{prev}}\"",
        "ai.example.greeter: {operation: ask}",
        "ai.example.greeter.ask: {}",
        "component.exec: {component: \"{{entry.which}}\", operation: x}",
        "component.exec: {component: ai.example.greeter, op: \"{{entry.op}}\"}",
    ] {
        built(&format!("  a: {{{node}}}\n")).unwrap_or_else(|error| panic!("{node}: {error}"));
    }
}

#[test]
fn a_folder_that_answers_nothing_and_files_that_would_be_left_out_are_refused() {
    let check = |change: &dyn Fn(&std::path::Path), expected: &str| {
        let folder = pack_folder();
        change(folder.path());
        let error = PackBuilder::from_folder(folder.path(), &limits()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let misnamed = |folder: &std::path::Path| {
        fs::rename(folder.join("flows/main.ygtc"), folder.join("flows/b.yaml")).unwrap();
    };
    check(
        &misnamed,
        "`flows/b.yaml` would be left out: the files of flows end in `.ygtc`; rename it, or move it elsewhere",
    );
    let empty = |folder: &std::path::Path| {
        fs::remove_file(folder.join("flows/main.ygtc")).unwrap();
        write(folder, "pack.yaml", "pack_id: a\nversion: 1.0.0\n");
    };
    check(
        &empty,
        "`flows/*.ygtc` is missing; an application answers with flows; write one, or give `pack.yaml` another `kind`",
    );
    let twice = |folder: &std::path::Path| {
        write(folder, "pack.yaml", format!("{}flows: [flows/main.ygtc]\n", lab::PACK_YAML));
    };
    check(
        &twice,
        "`flows/flows/main.ygtc` is missing; `flows` in `pack.yaml` names files below `flows/`; leave the folder out",
    );
    let cut = |folder: &std::path::Path| {
        let whole = [COMPONENT, &[0, 3, 1, b'a', b'b']].concat();
        write(folder, "components/greeter.wasm", &whole);
        PackBuilder::from_folder(folder, &limits()).unwrap();
        write(folder, "components/greeter.wasm", &whole[..whole.len() - 1]);
    };
    check(
        &cut,
        "component `ai.example.greeter`: `components/greeter.wasm` is broken: it is cut off; build it again",
    );
    check(&|folder| write(folder, "pack.yaml", ""), "pack.yaml:1:1: the file is empty");
}

#[test]
#[cfg(unix)]
fn a_file_with_a_name_that_cannot_be_is_named_with_its_folder() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = pack_folder();
    let name = std::ffi::OsStr::from_bytes(b"b\xffd.txt");
    fs::write(folder.path().join("assets").join(name), "").unwrap();
    let error = PackBuilder::from_folder(folder.path(), &limits()).unwrap_err().to_string();
    assert!(error.starts_with("entry `assets/b\u{fffd}d.txt` "), "{error}");
}
