//! Manifests as other tools write them.

use greentic_pack_format::{Pack, PackError, PackManifest, Routing};
use serde_json::{Value, json};

use crate::lab::{Zip, ZipEntry, limits};

/// Opens a pack that has nothing but a manifest.
fn open(manifest: &Value) -> Result<Pack, PackError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(manifest, &mut bytes).unwrap();
    let entries = vec![ZipEntry::new("manifest.cbor", bytes)];
    Pack::from_bytes(&Zip { entries, ..Zip::default() }.bytes(), &limits())
}

fn manifest(value: &Value) -> PackManifest {
    open(value).unwrap().manifest().clone()
}

#[track_caller]
fn refused(value: &Value, expected: &str) {
    let error = open(value).unwrap_err();
    assert_eq!(error.to_string(), format!("`manifest.cbor` cannot be read: {expected}"));
}

fn minimal() -> Value {
    json!({
        "schema_version": "pack-v1",
        "pack_id": 0,
        "version": "1.0.0",
        "kind": "application",
        "symbols": {"pack_ids": ["a.b", "dep"], "component_ids": ["c.d"], "node_ids": ["n", "m"], "capability_names": ["cap"]},
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut manifest = minimal();
    manifest[key] = value;
    manifest
}

fn with_node(node: Value) -> Value {
    with("flows", json!([{"id": "f", "kind": "messaging", "flow": {"id": "f", "nodes": [node]}}]))
}

fn with_routing(routing: Value) -> Value {
    with_node(json!({"id": 0, "component": {"id": 0}, "routing": routing}))
}

#[test]
fn what_may_be_absent_is_absent() {
    let manifest = manifest(&minimal());
    assert_eq!(manifest.pack_id, "a.b");
    assert!(
        manifest.components.is_empty()
            && manifest.flows.is_empty()
            && manifest.extensions.is_empty()
    );
    let node = with_node(json!({"id": 0, "component": {"id": 0}}));
    let node = self::manifest(&node).flows[0].flow.nodes[0].clone();
    assert_eq!((node.id.as_str(), node.component.id.as_str()), ("n", "c.d"));
    assert_eq!((node.input.mapping, node.err_map, node.routing), (json!({}), None, Routing::End));
}

#[test]
fn symbols_are_resolved_wherever_they_stand_and_text_stays() {
    let mut value = with_node(
        json!({"id": "own", "component": {"id": "emit.log"}, "routing": {"Branch": {"on_status": {"ok": 0}, "default": 1}}}),
    );
    value["components"] = json!([{"id": 0}]);
    value["capabilities"] = json!([{"name": 0, "description": null}]);
    value["dependencies"] =
        json!([{"alias": "d", "pack_id": 1, "version_req": "^1", "required_capabilities": [0]}]);
    let manifest = manifest(&value);
    assert_eq!(manifest.components[0].id, "c.d");
    assert_eq!(manifest.capabilities[0].name, "cap");
    assert_eq!(
        (
            manifest.dependencies[0].pack_id.as_str(),
            &manifest.dependencies[0].required_capabilities[..]
        ),
        ("dep", &["cap".to_owned()][..])
    );
    let node = &manifest.flows[0].flow.nodes[0];
    assert_eq!((node.id.as_str(), node.component.id.as_str()), ("own", "emit.log"));
    let expected = Routing::Branch {
        on_status: [("ok".into(), "n".into())].into(),
        default: Some("m".into()),
    };
    assert_eq!(node.routing, expected);
    assert_eq!(self::manifest(&with("pack_id", json!("plain"))).pack_id, "plain");
}

#[test]
fn each_spelling_of_routing_is_read() {
    let routing =
        |value: Value| manifest(&with_routing(value)).flows[0].flow.nodes[0].routing.clone();
    let next = Routing::Next { node_id: "m".to_owned() };
    assert_eq!(routing(json!({"Next": {"node_id": 1}})), next);
    assert_eq!(routing(json!({"next": {"node_id": "m"}})), next);
    assert_eq!(routing(json!([{"to": "m"}])), next);
    for end in [
        json!("End"),
        json!("end"),
        json!("out"),
        json!(null),
        json!({"End": null}),
        json!([{"out": true}]),
    ] {
        assert_eq!(routing(end), Routing::End);
    }
    assert_eq!(routing(json!("Reply")), Routing::Reply);
    let routes = json!([{"condition": "a == \"b\"", "to": "m"}]);
    let custom = routing(json!({"Custom": routes}));
    assert_eq!(custom, Routing::Custom(routes.clone()));
    assert_eq!(custom, routing(routes));
    assert_eq!(custom.routes()[0].condition.as_deref(), Some("a == \"b\""));
}

#[test]
fn a_manifest_that_is_wrong_is_refused_with_its_place() {
    refused(&with("pack_id", json!(7)), "at `pack_id`: symbol 7 is not in the table `pack_ids`");
    refused(
        &with_routing(json!({"Next": {"node_id": 9}})),
        "at `flows[0].flow.nodes[0].routing.node_id`: symbol 9 is not in the table `node_ids`",
    );
    refused(
        &with("version", json!("1.0")),
        "at `version`: unexpected end of input while parsing minor version number",
    );
    refused(
        &with("kind", json!("toy")),
        "at `kind`: unknown variant `toy`, expected one of `application`, `provider`, `infrastructure`, `library`",
    );
    refused(
        &with("components", json!([{"id": 0}, {"id": "c.d"}])),
        "at `components[1].id`: the id `c.d` is there twice",
    );
    refused(
        &with("pack_id", json!("../a")),
        "at `pack_id`: an id has 1 to 255 letters, digits, `.`, `_` and `-`, and no `..`",
    );
    refused(
        &with_routing(json!("Somewhere")),
        "at `flows[0].flow.nodes[0].routing`: unknown routing `Somewhere`; expected `End`, `Reply`, `Next`, `Branch`, `Custom`, or a list of routes",
    );
    refused(
        &with("schema_version", json!("pack-v2")),
        "its schema_version is `pack-v2`; this reader knows `pack-v1`",
    );
    refused(&json!({}), "at `schema_version`: it is missing; expected `pack-v1`");
    refused(&json!([1]), "at `schema_version`: it is missing; expected `pack-v1`");
}

#[test]
fn a_legacy_pack_is_named_as_such() {
    let legacy =
        json!({"meta": {"packVersion": 1, "pack_id": "old", "version": "0.1.0"}, "flows": []});
    let error = open(&legacy).unwrap_err();
    assert_eq!(error.code(), "pack-legacy");
    assert!(error.to_string().contains("legacy pack format of 2025"), "{error}");
}

#[test]
fn unknown_extensions_are_kept_and_known_ones_typed() {
    let provider = |provider_type: &str| {
        json!({
            "provider_type": provider_type,
            "config_schema_ref": "schemas/a.json",
            "runtime": {"component_ref": "c.d", "export": "schema-core-api", "world": "w"},
        })
    };
    let extensions = |providers: Value| {
        with(
            "extensions",
            json!({
                "x.y": {"kind": "x.y", "version": "3", "inline": {"any": [1, {"thing": true}]}},
                "greentic.provider-extension.v1": {"kind": "k", "version": "1", "inline": {"providers": providers}},
            }),
        )
    };
    let pack = open(&extensions(json!([provider("a"), provider("b")]))).unwrap();
    assert_eq!(pack.manifest().extensions["x.y"].inline, json!({"any": [1, {"thing": true}]}));
    assert_eq!(pack.providers().unwrap().providers[1].provider_type, "b");
    let twice = open(&extensions(json!([provider("a"), provider("a")]))).unwrap();
    let place = "extensions.greentic.provider-extension.v1.providers[1].provider_type";
    let expected =
        format!("`manifest.cbor` cannot be read: at `{place}`: the id `a` is there twice");
    assert_eq!(twice.providers().unwrap_err().to_string(), expected);
    let mut named = provider("a");
    named["provider_id"] = json!("b");
    let collides = open(&extensions(json!([named, provider("b")]))).unwrap();
    assert!(collides.providers().is_err());
    let mut shapeless = provider("a");
    shapeless["runtime"] = json!(7);
    let error = open(&extensions(json!([shapeless]))).unwrap().providers().unwrap_err().to_string();
    assert!(error.contains("providers[0].runtime"), "{error}");
}

#[test]
fn a_runtime_flow_takes_the_place_of_the_one_with_its_id() {
    let mut value = with_routing(json!("End"));
    value["extensions"] = json!({"greentic.pack.runtime_flow": {"kind": "k", "version": "1", "inline": {"flows": [
        {"id": "f", "flow_type": "messaging", "start": "two", "nodes": {
            "one": {"component_id": "c.d", "operation_name": "run", "operation_payload": {"a": 1}, "routing": [{"out": true}]},
            "two": {"component": "c.d", "payload": {"b": 2}, "config": {"c": 3}, "routing": {"Next": {"node_id": "one"}}},
        }},
        {"id": "g", "nodes": {}},
    ]}}});
    let pack = open(&value).unwrap();
    assert_eq!(pack.manifest().flows[0].flow.nodes.len(), 1);
    let flows = pack.flows().unwrap();
    assert_eq!(flows.iter().map(|flow| flow.id.as_str()).collect::<Vec<_>>(), ["f", "g"]);
    let start = flows[0].flow.start().unwrap();
    assert_eq!(
        (start.id.as_str(), &start.input.mapping),
        ("two", &json!({"input": {"b": 2}, "config": {"c": 3}}))
    );
    assert_eq!(start.routing, Routing::Next { node_id: "one".to_owned() });
    let one = flows[0].flow.node("one").unwrap();
    assert_eq!(
        (one.component.operation.as_deref(), &one.input.mapping),
        (Some("run"), &json!({"a": 1}))
    );
}

#[test]
fn component_sources_say_where_the_bytes_are() {
    let mut value = with("components", json!([{"id": 0}]));
    value["extensions"] = json!({"greentic.pack.component_sources@v1": {"kind": "k", "version": "1", "inline": {"schema_version": 1, "components": [
        {"name": "short", "component_id": "c.d", "source": "file://c", "resolved": {"digest": "sha256:00"}, "artifact": {"Inline": {"wasm_path": "elsewhere/c.wasm"}}},
        {"name": "far", "source": "oci://far", "artifact": "Remote"},
    ]}}});
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).unwrap();
    let entries =
        vec![ZipEntry::new("manifest.cbor", bytes), ZipEntry::new("elsewhere/c.wasm", "wasm")];
    let pack = Pack::from_bytes(&Zip { entries, ..Zip::default() }.bytes(), &limits()).unwrap();
    assert_eq!(&**pack.component("c.d").unwrap(), b"wasm");
    assert_eq!(pack.component("far"), None);
    assert_eq!(pack.component_ids().collect::<Vec<_>>(), ["c.d", "far"]);
    assert_eq!(
        pack.manifest().component_sources().unwrap().components[0].digest(),
        Some("sha256:00")
    );
}

#[test]
fn a_pack_that_is_built_opens_whatever_its_flows_are_and_tells_what_can_never_work() {
    let node = |node: Value| open(&with_node(node)).unwrap().flow_problems().unwrap();
    let say = |text: &str| {
        json!({"id": 0, "component": {"id": "emit.response"}, "input": {"mapping": {"text": text}},
            "routing": {"Custom": [{"condition": "n > 5", "to": "n"}]}})
    };
    assert_eq!(
        node(say("{{entry.text")),
        [
            "flow `f`: the template `{{entry.text` cannot be filled: its braces are not closed, or what is between them is no path and no helper",
            "flow `f`: `n > 5` is no condition; write `path == \"text\"` or `path != \"text\"`, and a route for each",
        ]
    );
    let call =
        json!({"id": 0, "component": {"id": "flow.call"}, "input": {"mapping": {"flow": "gone"}}});
    let gone =
        "flow `f`: node `n` calls the flow `gone`, which the pack does not have; its flows are: f";
    assert_eq!(node(call), [gone]);
}
