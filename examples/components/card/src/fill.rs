//! Filling `${name}` and `{{name}}` in the texts of a value.

use serde::Serialize;
use serde_json::Value;

/// Something about a card that its author should look at.
#[derive(Debug, Serialize)]
pub(crate) struct Issue {
    code: &'static str,
    message: String,
}

/// Knows the values and remembers which names had none.
pub(crate) struct Filler {
    sources: Vec<Value>,
    issues: Vec<Issue>,
}

/// How a name is written in a text.
const MARKS: [(&str, &str); 2] = [("${", "}"), ("{{", "}}")];

/// A name found in a text: what stands before it, the name, and what stands after it.
type Found<'a> = (&'a str, &'a str, &'a str);

impl Filler {
    /// Looks for values in these objects, in this order.
    pub(crate) fn new(sources: Vec<Value>) -> Self {
        Self { sources, issues: Vec::new() }
    }

    /// Returns what was odd.
    pub(crate) fn into_issues(self) -> Vec<Issue> {
        self.issues
    }

    /// Fills every text inside the value.
    ///
    /// A text that is nothing but one name becomes the value, whatever its type is. A name without a value stays as it is.
    pub(crate) fn fill(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *value = self.fill_text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.fill(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn fill_text(&mut self, text: &str) -> Value {
        if let Some(("", name, "")) = first_name(text)
            && let Some(value) = self.value(name)
        {
            return value.clone();
        }
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, name, after)) = first_name(rest) {
            filled.push_str(before);
            match self.value(name).map(plain) {
                Some(value) => filled.push_str(&value),
                None => {
                    filled.push_str(&rest[before.len()..rest.len() - after.len()]);
                    self.unbound(name);
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        Value::String(filled)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.sources
            .iter()
            .find_map(|source| name.split('.').try_fold(source, |inside, part| inside.get(part)))
    }

    fn unbound(&mut self, name: &str) {
        let message = format!("no value for `{name}`");
        self.issues.push(Issue { code: "unbound", message });
    }
}

/// Finds the first name in a text, however it is marked.
fn first_name(text: &str) -> Option<Found<'_>> {
    MARKS.iter().filter_map(|mark| find(text, *mark)).min_by_key(|(before, ..)| before.len())
}

fn find<'a>(text: &'a str, (open, close): (&str, &str)) -> Option<Found<'a>> {
    let (before, inside) = text.split_once(open)?;
    let (name, after) = inside.split_once(close)?;
    Some((before, name.trim(), after))
}

/// Shows a value inside of a text: texts as they are, the rest as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(card: Value, expected: &Value, unbound: usize) {
        let mut card = card;
        let mut filler = Filler::new(vec![
            json!({"name": "Ada", "size": 3}),
            json!({"name": "no", "user": {"city": "Rome"}, "list": [1]}),
        ]);
        filler.fill(&mut card);
        assert_eq!(&card, expected);
        assert_eq!(filler.into_issues().len(), unbound);
    }

    #[test]
    fn names_are_filled_in_both_spellings_and_at_any_depth() {
        check(
            json!({"body": [{"text": "Hello ${name} of {{ user.city }}!"}], "n": 1}),
            &json!({"body": [{"text": "Hello Ada of Rome!"}], "n": 1}),
            0,
        );
    }

    #[test]
    fn a_text_that_is_one_name_takes_the_value_with_its_type() {
        check(json!(["${size}", "{{list}}", "${size}."]), &json!([3, [1], "3."]), 0);
    }

    #[test]
    fn a_name_without_a_value_stays_and_is_reported() {
        check(json!("${who} and {{name.first}}"), &json!("${who} and {{name.first}}"), 2);
    }

    #[test]
    fn what_is_no_name_stays() {
        check(
            json!(["${name", "{{name}", "$ {name}", ""]),
            &json!(["${name", "{{name}", "$ {name}", ""]),
            0,
        );
    }
}
