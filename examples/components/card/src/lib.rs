//! Fills the names in a card.
//!
//! * `card` `{"card_spec": {"inline_json": {…}, "template_params": {"name": "Ada"}}, "payload": {…}}` →
//!   `{"renderedCard": {…}, "cardFeatures": {…}, "event": null, "stateUpdates": [], …, "validationIssues": []}`
//!
//! In every text of the card, `${name}` and `{{name}}` stand for a value, with dots for values inside values. Flows fill
//! `{{name}}` themselves before a component sees it, so `${name}` is what a card in a flow uses. Values are looked for in
//! `template_params` and then in `payload`.

mod fill;

use guest::{Component, Failure, Input};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fill::{Filler, Issue};

struct Card;

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    card_source: Option<String>,
    card_spec: Spec,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    inline_json: Value,
    #[serde(default)]
    template_params: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    rendered_card: Value,
    card_features: Features,
    event: Value,
    state_updates: [(); 0],
    session_updates: [(); 0],
    telemetry_events: [(); 0],
    validation_issues: Vec<Issue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Features {
    version: Value,
}

impl Component for Card {
    const NAME: &'static str = "card";
    const SUMMARY: &'static str = "Fills the names in a card.";
    const OPERATIONS: &'static [&'static str] = &["card"];

    fn invoke(_operation: &str, input: &Input) -> Result<Vec<u8>, Failure> {
        guest::encode(&render(input.decode()?)?)
    }
}

guest::export!(Card with_types_in guest::bindings);

fn render(request: Request) -> Result<Answer, Failure> {
    if let Some(source) = request.card_source.filter(|source| source != "inline") {
        let message = format!("a card from `{source}` has to be made `inline` by the host");
        return Err(Failure::new("card-source", message));
    }
    let mut card = request.card_spec.inline_json;
    if !card.is_object() {
        return Err(Failure::new("card-missing", "`card_spec.inline_json` is to be a card"));
    }
    let mut filler = Filler::new(vec![request.card_spec.template_params, request.payload]);
    filler.fill(&mut card);
    let version = card.get("version").cloned().unwrap_or_default();
    Ok(Answer {
        rendered_card: card,
        card_features: Features { version },
        event: Value::Null,
        state_updates: [],
        session_updates: [],
        telemetry_events: [],
        validation_issues: filler.into_issues(),
    })
}
