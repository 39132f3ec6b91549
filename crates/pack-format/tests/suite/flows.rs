//! The compiler of flows.

use greentic_pack_format::{FlowProblem, Limits, PackFlow, Routing, compile_flow};
use serde_json::json;

use crate::lab;

fn compile(source: &str) -> PackFlow {
    compile_flow("a.ygtc", source, &Limits::default()).unwrap()
}

/// Asserts what the compiler says, place included.
#[track_caller]
fn refused(source: &str, expected: &str) {
    let error = compile_flow("a.ygtc", source, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_flow_compiles_into_the_model() {
    let compiled = compile(lab::FLOW);
    let flow = &compiled.flow;
    assert_eq!((compiled.id.as_str(), compiled.kind.as_str()), ("main", "messaging"));
    assert_eq!(compiled.tags, ["default"]);
    assert_eq!(compiled.entrypoints, ["default"]);
    assert_eq!(flow.start().unwrap().id, "greet");
    assert_eq!(flow.metadata.title.as_deref(), Some("Greets"));
    assert_eq!(flow.metadata.extra, json!({"polite": true}));
    let ids: Vec<_> = flow.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["greet", "wait", "branch", "bye"]);
    let greet = flow.node("greet").unwrap();
    assert_eq!(greet.component.id, "ai.example.greeter");
    assert_eq!(greet.component.operation.as_deref(), Some("greet"));
    assert_eq!(greet.input.mapping, json!({"name": "{{entry.text}}"}));
    assert_eq!(greet.pack_component(), Some("ai.example.greeter"));
    assert_eq!(flow.node("wait").unwrap().pack_component(), None);
}

/// The routing of a node `a` beside a node `b`.
fn routing(source: &str) -> Routing {
    let flow = format!(
        "id: f\ntype: job\nnodes:\n  a:\n    x: {{}}\n    routing: {source}\n  b: {{x: 1}}\n"
    );
    compile(&flow).flow.node("a").unwrap().routing.clone()
}

#[test]
fn each_spelling_of_routes_has_its_meaning() {
    let next = || Routing::Next { node_id: "b".to_owned() };
    assert_eq!(routing("out"), Routing::End);
    assert_eq!(routing("reply"), Routing::Reply);
    assert_eq!(routing("[]"), Routing::End);
    assert_eq!(routing("[{out: true}]"), Routing::End);
    assert_eq!(routing("[{to: out}]"), Routing::End);
    assert_eq!(routing("[{reply: true}]"), Routing::Reply);
    assert_eq!(routing("[{to: b}]"), next());
    assert_eq!(
        routing("[{status: ok, to: b}, {to: a}]"),
        Routing::Branch {
            on_status: [("ok".to_owned(), "b".to_owned())].into(),
            default: Some("a".to_owned()),
        }
    );
    let custom = |source: &str| match routing(source) {
        Routing::Custom(routes) => routes,
        other => panic!("{source}: {other:?}"),
    };
    assert_eq!(custom("[{status: ok, to: b}]"), json!([{"status": "ok", "to": "b"}]));
    assert_eq!(custom("[{status: ok, to: b}, {status: ok, to: a}]").as_array().unwrap().len(), 2);
    assert_eq!(custom("[{status: ok, to: b}, {out: true}]").as_array().unwrap().len(), 2);
    let condition = custom("[{condition: a == \"1\", to: b}, {out: true}]");
    assert_eq!(condition, json!([{"condition": "a == \"1\"", "to": "b"}, {"out": true}]));
}

#[test]
fn a_key_is_an_operation_from_schema_version_2_on() {
    let of = |version: u32, node: &str| {
        let source =
            format!("id: f\ntype: messaging\nschema_version: {version}\nnodes:\n  a: {{{node}}}\n");
        let component = compile(&source).flow.nodes[0].component.clone();
        (component.id, component.operation)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(of(1, "ai.x.y: {}"), ("ai.x.y".to_owned(), None));
    assert_eq!(of(1, "ai.x.y: {}, operation: run"), ("ai.x.y".to_owned(), some("run")));
    assert_eq!(of(2, "run: {component: c}"), ("component.exec".to_owned(), some("run")));
    for builtin in ["mcp", "questions", "template", "dw.agent", "session.wait", "emit.log"] {
        assert_eq!(of(2, &format!("{builtin}: {{}}")), (builtin.to_owned(), None));
    }
}

#[test]
fn a_flow_starts_at_start_then_in_then_the_first_node() {
    let start = |head: &str, names: [&str; 2]| {
        let [one, other] = names;
        let source = format!(
            "id: f\ntype: messaging\n{head}nodes:\n  {one}: {{x: 1}}\n  {other}: {{x: 1}}\n"
        );
        compile(&source).flow.start().unwrap().id.clone()
    };
    assert_eq!(start("start: b\n", ["in", "b"]), "b");
    assert_eq!(start("", ["a", "in"]), "in");
    assert_eq!(start("", ["a", "b"]), "a");
    assert_eq!(start("entrypoints: {default: b}\n", ["a", "b"]), "b");
}

#[test]
fn errors_name_line_column_and_what_was_expected() {
    let flow = |rest: &str| format!("id: f\ntype: messaging\nnodes:\n  a:\n    x: {{}}\n{rest}");
    refused(
        "type: messaging\nnodes: {}\n",
        "a.ygtc:1:1: `id` is missing; write `id:` with the flow's name",
    );
    refused(
        "id: f\ntype: messaging\nnodes: {}\n",
        "a.ygtc:3:8: the flow has no nodes; write at least one under `nodes`",
    );
    refused(
        "id: f\ntype: webhook\nnodes: {a: {x: 1}}\n",
        "a.ygtc:2:7: `type` is `webhook`; expected one of: messaging, event, events, component-config, job, http",
    );
    refused(
        "id: f\ntype: messaging\nnodes: [a]\n",
        "a.ygtc:3:8: `nodes` is a list; expected a map",
    );
    refused(
        "id: f f\ntype: messaging\nnodes: {a: {x: 1}}\n",
        "a.ygtc:1:5: `f f` cannot be the id of a flow; use letters, digits, `.`, `_` and `-`",
    );
    refused(
        "id: f\ntype: messaging\nnodes: {9a: {x: 1}}\n",
        "a.ygtc:3:9: `9a` cannot be the name of a node; start with a letter or `_`, then letters, digits, `_` and `-`",
    );
    refused(
        &flow("    routing: [{to: b}]\n"),
        "a.ygtc:6:20: there is no node `b` to go to; the nodes are: a",
    );
    refused(
        &flow("    routing: end\n"),
        "a.ygtc:6:14: `routing` is `end`; write `out`, `reply`, or `[{to: NODE}]` to go to a node",
    );
    refused(
        &flow("    routing: [{status: ok}]\n"),
        "a.ygtc:6:15: the route says neither `to` nor `out` nor `reply`",
    );
    refused(
        &flow("    routing: [{too: a}]\n"),
        "a.ygtc:6:16: `too` is no key of a route; expected one of: to, out, status, reply, condition",
    );
    refused(
        &flow("    rooting: out\n"),
        "a.ygtc:6:5: node `a` has several keys that could be what it runs: x, rooting; keep one, or correct a misspelt \
         routing, telemetry, output, in_map, out_map, err_map, operation",
    );
    refused(
        "id: f\ntype: messaging\nnodes:\n  a: {routing: out}\n",
        "a.ygtc:4:3: node `a` says nothing to run; write one key with the component or operation, such as `emit.response`",
    );
    refused(
        "id: f\ntype: messaging\nstart: b\nnodes: {a: {x: 1}}\n",
        "a.ygtc:3:8: there is no node `b` to go to; the nodes are: a",
    );
}

/// A flow with a node `a` that goes on like this, and a node `b`.
fn node(rest: &str) -> String {
    format!("id: f\ntype: messaging\nnodes:\n  a:\n    x: {{}}\n{rest}  b: {{x: 1}}\n")
}

/// Asserts what is said about the routes of `a`, from the column on.
#[track_caller]
fn routes(routes: &str, expected: &str) {
    refused(&node(&format!("    routing: [{routes}]\n")), &format!("a.ygtc:6:{expected}"));
}

#[test]
fn a_route_that_says_two_things_or_is_never_taken_is_refused_at_its_place() {
    let never = "this route is never taken, since the one before it always is; give that one a `condition` or `status`, or take this one out";
    routes("{to: b}, {to: a}", &format!("24: {never}"));
    routes("{out: true}, {status: ok, to: a}", &format!("28: {never}"));
    routes("{to: b, out: true}", "15: the route says `to` and `out`; keep one");
    let both = "15: the route says `condition` and `status`; keep one";
    routes("{to: b, status: ok, condition: 'a == \"b\"'}", both);
}

#[test]
fn a_condition_that_is_none_is_refused_at_its_place() {
    for condition in [
        "entry.text = \"x\"",
        "n > 5",
        "text contains \"x\"",
        "nonsense",
        "a == \"x\" && b == \"x\"",
        "a == \"x\" || a == \"y\"",
        "a == ",
        "a == two words",
    ] {
        let expected = format!(
            "27: `{condition}` is no condition; write `path == \"text\"` or `path != \"text\"`, and a route for each"
        );
        routes(&format!("{{condition: '{condition}', to: b}}"), &expected);
    }
    for (path, root) in [("prev.v", "prev"), ("node.b.v", "node"), ("state.entry.text", "state")] {
        let expected = format!(
            "27: `{root}` is for templates; a condition sees the output of its own node (`text`), and `entry`, `in` and `response`"
        );
        routes(&format!("{{condition: '{path} == \"x\"', to: b}}"), &expected);
    }
    for condition in
        ["state == \"open\"", "text != \"a == b\"", "n == 5", "node.other == \"x\"", "a == \"\""]
    {
        compile(&node(&format!("    routing: [{{condition: '{condition}', to: b}}, {{to: a}}]\n")));
    }
}

#[test]
fn a_word_or_map_that_does_nothing_is_refused_at_its_place() {
    refused(
        &node("    out_map: {text: mapped}\n"),
        "a.ygtc:6:5: `out_map` does nothing here; what a node gives goes on as it is, and an error ends the turn; name `{{prev.…}}` in the payload of the next node",
    );
    compile(&node("    output: {}\n    err_map:\n"));
    let flow = |rest: &str| format!("id: f\ntype: messaging\n{rest}");
    refused(
        &flow("nodes:\n  out: {x: 1}\n"),
        "a.ygtc:4:3: `out` cannot be the name of a node; `to: out` ends the flow; give it another name",
    );
    refused(
        &flow("schema_version: 9\nnodes: {a: {x: 1}}\n"),
        "a.ygtc:3:17: `schema_version` is `9`; expected one of: 1, 2",
    );
    refused(
        &flow("entrypoints: {defalt: a}\nnodes: {a: {x: 1}}\n"),
        "a.ygtc:3:15: there is no `defalt`; write `default`",
    );
    refused(
        &flow("nodes: {a: {emit.respnse: {text: a}}}\n"),
        "a.ygtc:3:13: there is no `emit.respnse`; write `emit.response`",
    );
    assert_eq!(compile(&flow("nodes: {a: {emit.card: {text: a}}}\n")).flow.nodes.len(), 1);
}

#[test]
fn a_template_that_can_never_be_filled_is_refused_at_its_place() {
    let flow =
        |text: &str| format!("id: f\ntype: job\nnodes:\n  a:\n    x: {{list: [1, \"{text}\"]}}\n");
    for text in [
        "{{entry.text",
        "{{#if entry.text}}yes",
        "x {{upper entry.text}}",
        "{{> part}} x",
        "{{#each}}x{{/each}}",
    ] {
        let error =
            compile_flow("a.ygtc", &flow(text), &Limits::default()).unwrap_err().to_string();
        let expected = format!("a.ygtc:5:19: the template `{text}` cannot be filled: ");
        assert!(error.starts_with(&expected), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
    for text in [
        "{{entry.list[0]['a b']}}",
        "Hi {{entry.text}} {{unknown.path}}",
        "{{#each entry.list}}{{this.name}} {{@index}}{{else}}none{{/each}}",
        "{{#if (eq entry.text 'x')}}yes{{/if}} {{lookup entry.map entry.key}}",
        "{{#if (and (eq prev.a 1) (or (ne prev.b 2) (not (gt (len entry.list) 3)) (lt 1 2)))}}x{{/if}}{{#unless in}}y{{/unless}}",
        "{{prev.list.[0]}} of {{#with prev}}{{text}}{{/with}} \\\\{{not a template}}",
    ] {
        compile(&flow(text));
    }
}

#[test]
fn what_the_yaml_cannot_be_is_said_with_what_to_write() {
    let flow = |rest: &str| format!("id: f\ntype: messaging\nnodes:\n  a:\n{rest}");
    refused(
        &flow("    emit.response: {text: {{entry.text}}}\n"),
        "a.ygtc:5:28: braces make a map here; put a text with `{{…}}` in quotes: \"{{entry.text}}\"",
    );
    refused(&flow("    x: 1\n    x: 2\n"), "a.ygtc:6:5: `x` is there twice; keep one");
    refused(
        &format!("{}---\nid: g\n", flow("    x: 1\n")),
        "a.ygtc:6:1: the file has several documents (`---`); keep one",
    );
    for source in ["id: f\ntype: [\n", ""] {
        let error = compile_flow("a.ygtc", source, &Limits::default()).unwrap_err();
        assert!(error.to_string().starts_with("a.ygtc"), "{error}");
    }
}

#[test]
fn a_yaml_bomb_is_refused_in_bounded_time() {
    let mut source = "id: f\ntype: messaging\nnodes:\n  a:\n    x:\n      l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*l{}", level - 1); 10].join(", ");
        source.push_str(&format!("      l{level}: &l{level} [{aliases}]\n"));
    }
    let error = compile_flow("a.ygtc", &source, &Limits::default()).unwrap_err();
    assert!(matches!(error.problem, FlowProblem::Syntax { .. }), "{error}");
    let deep = format!("id: {}\n", "[".repeat(50_000));
    assert!(compile_flow("a.ygtc", &deep, &Limits::default()).is_err());
    let mut limits = Limits::default();
    limits.document_bytes = 100;
    let error = compile_flow("a.ygtc", &" ".repeat(101), &limits).unwrap_err();
    assert_eq!(error.problem, FlowProblem::TooLarge { limit: 100 });
}
