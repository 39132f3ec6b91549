use greentic_conformance::{Capabilities, Clause, Contract, Suite, UnknownClause, Verdict};

use crate::contract::{Doors, Extra};

fn chosen(names: &[&str]) -> Result<Vec<&'static str>, UnknownClause> {
    let suite = Suite::<Doors>::new().only(names)?;
    Ok(suite.clauses().map(|clause| clause.id).collect())
}

#[test]
fn clauses_are_chosen_by_id_and_by_area_and_keep_their_order() {
    let both = chosen(&["door.lock", "door.moving.closes"]);
    assert_eq!(both.unwrap(), ["door.moving.closes", "door.lock.rings", "door.lock.without-lock"]);
    assert_eq!(chosen(&["door.lock", "door.lock.rings"]).unwrap().len(), 2, "each once");
}

#[test]
fn a_name_that_is_neither_clause_nor_area_is_told() {
    for name in ["door.loc", "lock", "door", "doorlock", "door.moving.", "window.lock", ""] {
        let unknown = chosen(&["door.moving", name]).unwrap_err();
        assert_eq!(unknown, UnknownClause { name: name.to_owned() });
    }
}

#[test]
fn a_clause_has_its_whole_text_in_one_line() {
    let texts: Vec<_> = Doors::clauses().map(|clause| clause.text).collect();
    assert_eq!(texts[1], "A door that is open closes, and stays closed.");
}

#[test]
fn a_clause_is_skipped_when_it_does_not_speak_of_what_has_these_capabilities() {
    let skipped = |capabilities: Capabilities<Extra>| -> Vec<_> {
        let why = |clause: &Clause<Doors>| match clause.skipped(&capabilities) {
            Some(Verdict::Skipped { why }) => Some(format!("{}: {why}", clause.id)),
            _ => None,
        };
        Doors::clauses().filter_map(why).collect()
    };
    let rings = "door.lock.rings: the door does not say that it has";
    let all = Capabilities::all();
    let without_lock = "door.lock.without-lock: the door has `lock`";
    let without_bell = format!("{rings} `bell`");
    assert_eq!(skipped(all.clone()), [without_lock]);
    assert_eq!(skipped(all.clone().without(Extra::Bell)), [&without_bell, without_lock]);
    assert_eq!(skipped(all.without(Extra::Lock)), [format!("{rings} `lock`")]);
    assert_eq!(skipped(Capabilities::none()), [format!("{rings} `lock`")]);
}
