//! Templates.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::arbitrary::json_value;
use crate::flow::FlowError;
use crate::flow::{Templates, template};

/// Fills a mapping; templates that were parsed before and others give the same.
fn fill(mapping: &Value, context: &Value) -> Result<Value, FlowError> {
    let mut parsed = Templates::default();
    parsed.parse(mapping);
    let filled = template::fill(mapping, context, &parsed);
    let other = template::fill(mapping, context, &Templates::default());
    let told = [&filled, &other].map(|one| one.as_ref().map_err(FlowError::code));
    assert_eq!(told[0], told[1], "{mapping}");
    filled
}

/// Texts that look like templates, and some that are.
fn template_like() -> impl Strategy<Value = String> {
    let pieces = vec![
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{",
        "}",
        "\\",
        "#each ",
        "/each",
        "#if ",
        "/if",
        "#with ",
        "#*inline ",
        "entry",
        "entry.text",
        "node.a",
        "prev",
        "this",
        "..",
        ".",
        "@index",
        "[0]",
        "[\"k\"]",
        "(",
        ")",
        "\"",
        "'",
        " ",
        "\n",
        "!",
        "!--",
        "--",
        ">",
        "&",
        "^",
        "else",
        "lookup ",
        "log ",
        "as |x|",
        "~",
        "é",
        "=",
        "1",
        "true",
        "eq ",
        "raw",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_and_no_value_make_it_panic(
        like in template_like(), text in any::<String>(), context in json_value(),
    ) {
        let context = json!({ "entry": context, "node": { "a": text } });
        let _ = fill(&json!([like, { "t": text }]), &context);
    }

    #[test]
    fn a_value_without_templates_comes_back_as_it_is(value in json_value()) {
        let text = value.to_string();
        prop_assume!(!text.contains("{{"));
        prop_assert_eq!(fill(&value, &json!({ "a": 1 })).ok(), Some(value));
    }

    #[test]
    fn a_value_that_is_put_in_never_becomes_a_template(text in prop_oneof![template_like(), any::<String>()]) {
        let context = json!({ "entry": { "text": text, "list": [text] }, "secret": "hidden" });
        let filled = fill(&json!(["{{entry.text}}", "<{{entry.text}}>", "{{entry}}"]), &context);
        let expected = json!([text, format!("<{text}>"), { "text": text, "list": [text] }]);
        prop_assert_eq!(filled.ok(), Some(expected));
    }
}

fn filled(mapping: Value) -> Value {
    let context =
        json!({ "entry": { "n": 7, "list": [1, { "k.1": "v" }], "html": "<b>&\"" }, "no": null });
    fill(&mapping, &context).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn one_path_keeps_its_type_and_is_empty_when_nothing_is_there() {
    assert_eq!(filled(json!("{{entry.n}}")), 7);
    assert_eq!(filled(json!(" {{ this.entry.n }} ")), 7);
    assert_eq!(filled(json!("{{entry.list[1][\"k.1\"]}}")), "v");
    assert_eq!(filled(json!("{{entry.list.0}}")), 1);
    assert_eq!(filled(json!("{{entry['n']}}")), 7);
    assert_eq!(filled(json!("{{gone.deep[3]}}")), "");
    assert_eq!(filled(json!("{{no}}")), Value::Null);
}

#[test]
fn other_texts_are_filled_without_marking_anything_up() {
    assert_eq!(filled(json!("n={{entry.n}} {{gone}}.")), "n=7 .");
    assert_eq!(filled(json!("{{entry.html}}!")), "<b>&\"!");
    assert_eq!(filled(json!("{{#if entry.n}}yes{{else}}no{{/if}}")), "yes");
    assert_eq!(
        filled(json!({ "{{entry.n}}": ["{{entry.n}}", 1, true] })),
        json!({ "{{entry.n}}": [7, 1, true] })
    );
}

#[test]
fn what_is_too_large_or_too_deep_is_an_error() {
    let context = json!({ "list": vec![0; 2_000], "long": "x".repeat(1_000) });
    let error = fill(&json!("{{#each list}}{{../long}}{{/each}}"), &context).expect_err("2 MB");
    assert_eq!(error.code(), "template-invalid");
    let deep = |levels: usize| (0..levels).fold(json!("x"), |inner, _| json!([inner]));
    assert!(fill(&deep(64), &context).is_ok());
    assert_eq!(fill(&deep(65), &context).expect_err("65").code(), "flow-value-too-deep");
}

/// Whether a template is refused before it is read.
fn is_refused(template: &str, context: &Value) -> bool {
    match fill(&json!(template), context) {
        Ok(_) => false,
        Err(FlowError::Template { detail, .. }) => detail.contains("; "),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_template_that_is_nested_too_deep_for_its_reader_is_refused() {
    let context = json!({ "a": true });
    let nested = |levels: usize| {
        [
            format!("{}{}", "{{#if a}}".repeat(levels), "{{/if}}".repeat(levels)),
            format!("{{{{#if b}}}}{}{{{{/if}}}}", "{{else if b}}".repeat(levels)),
            format!("x{{{{a {}a{}}}}}", "(".repeat(levels), ")".repeat(levels)),
            format!("x{{{{a {}{}}}}}", "[".repeat(levels), "]".repeat(levels)),
            "{{#if a}}".repeat(levels),
            "{{ ~ # if a}}".repeat(levels),
            "{{^a}}".repeat(levels),
            "{{#if a}}{{^b}}{{/b}}".repeat(levels),
            "{{#if a}}{{!-- {{/if}} --}}".repeat(levels),
            "{{#if a}}{{!-- }} {{/if}} --}}".repeat(levels),
            "{{#if a}}\\{{/if}}".repeat(levels),
            "{{#if a}}{{x \"{{/if}}\"}}".repeat(levels),
            "{{#if a}}{{x \"}} {{/if}}\"}}".repeat(levels),
            "{{#if a}}{{{{raw}}}}{{/if}}{{{{/raw}}}}".repeat(levels),
        ]
    };
    for template in [nested(40), nested(100_000)].concat() {
        assert!(is_refused(&template, &context), "{:.60}", template);
    }
    for template in &nested(20)[..2] {
        assert!(fill(&json!(template), &context).is_ok(), "{template:.60}");
    }
    let long = "{{#if a}}yes{{else}}no{{/if}} ".repeat(1_000);
    assert!(!is_refused(&long, &context), "one after the other is not nested");
}

#[test]
fn a_template_that_includes_itself_or_loops_too_often_is_refused() {
    let context = json!({ "list": vec![0; 2_000], "short": [1, 2] });
    for partial in
        ["x{{> p}}", "{{#*inline \"p\"}}{{> p}}{{/inline}}", "{{#> p}}{{/p}}", "{{ > p}}x"]
    {
        assert!(is_refused(partial, &context), "{partial}");
    }
    let loops = |levels: usize| "{{#each list}}".repeat(levels) + &"{{/each}}".repeat(levels);
    assert!(!is_refused(&loops(1), &context));
    for levels in [2, 5, 30] {
        assert!(is_refused(&loops(levels), &context), "{levels}");
    }
    assert!(is_refused(&"{{#each list}}{{this}}{{/each}}".repeat(1_000), &context));
    assert!(!is_refused(&loops(2), &json!({ "list": vec![0; 100] })));
    let literal = |levels: usize| {
        "{{#each [1,2,3,4,5,6,7,8,9,0]}}".repeat(levels) + &"{{/each}}".repeat(levels)
    };
    assert!(is_refused(&literal(20), &json!({})), "a list of the template's own");
    assert!(!is_refused(&literal(2), &json!({})));
    let quoted = literal(20).replace("[1,2", "[\"{{\",2").replace(",0]", ",\"{{\"]");
    assert!(is_refused(&quoted, &json!({})), "also where texts look like tags");
}
