//! Symbol tables: in the file most ids are numbers of a table, in memory they are text.
//!
//! Resolving and interning walk the same places, so that what one writes the other reads.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::error::DocumentProblem;

/// The table that a place's numbers belong to.
#[derive(Clone, Copy)]
enum Table {
    Components,
    Nodes,
    Capabilities,
    Packs,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Components => "component_ids",
            Self::Nodes => "node_ids",
            Self::Capabilities => "capability_names",
            Self::Packs => "pack_ids",
        }
    }
}

/// Replaces every number by the text that it stands for. Text that stands where a number could be stays.
pub(super) fn resolve(manifest: &mut Value) -> Result<(), DocumentProblem> {
    let symbols = manifest.get_mut("symbols").map(Value::take).unwrap_or_default();
    if let Some(map) = manifest.as_object_mut() {
        map.remove("symbols");
    }
    for_each_place(manifest, &mut |table, path, place| {
        let Some(index) = place.as_u64() else { return Ok(()) };
        let text = usize::try_from(index)
            .ok()
            .and_then(|index| symbols.get(table.name())?.get(index))
            .filter(|text| text.is_string());
        let missing =
            || DocumentProblem::Symbol { path: path.to_owned(), table: table.name(), index };
        *place = text.ok_or_else(missing)?.clone();
        Ok(())
    })
}

/// Replaces every text by its number in tables that are added, sorted.
pub(super) fn intern(manifest: &mut Value) -> Result<(), DocumentProblem> {
    let mut tables: [BTreeSet<String>; 4] = Default::default();
    for_each_place(manifest, &mut |table, _, place| {
        let set = tables.get_mut(table as usize);
        if let (Some(text), Some(set)) = (place.as_str(), set) {
            set.insert(text.to_owned());
        }
        Ok(())
    })?;
    for_each_place(manifest, &mut |table, _, place| {
        let position = tables
            .get(table as usize)
            .and_then(|set| set.iter().position(|text| Some(text.as_str()) == place.as_str()));
        if let Some(position) = position {
            *place = json!(position);
        }
        Ok(())
    })?;
    let [components, nodes, capabilities, packs] = tables;
    manifest["symbols"] = json!({
        "component_ids": components,
        "node_ids": nodes,
        "capability_names": capabilities,
        "pack_ids": packs,
    });
    Ok(())
}

type Visit<'a> = dyn FnMut(Table, &str, &mut Value) -> Result<(), DocumentProblem> + 'a;

/// Visits every place where a symbol may stand.
fn for_each_place(manifest: &mut Value, visit: &mut Visit<'_>) -> Result<(), DocumentProblem> {
    if let Some(place) = manifest.get_mut("pack_id") {
        visit(Table::Packs, "pack_id", place)?;
    }
    each(manifest, "components", "", &mut |path, component| {
        at(component, "id", path, Table::Components, visit)
    })?;
    each(manifest, "capabilities", "", &mut |path, capability| {
        at(capability, "name", path, Table::Capabilities, visit)
    })?;
    each(manifest, "dependencies", "", &mut |path, dependency| {
        at(dependency, "pack_id", path, Table::Packs, visit)?;
        each(dependency, "required_capabilities", path, &mut |path, name| {
            visit(Table::Capabilities, path, name)
        })
    })?;
    each(manifest, "flows", "", &mut |path, flow| {
        let Some(flow) = flow.get_mut("flow") else { return Ok(()) };
        each(flow, "nodes", &format!("{path}.flow"), &mut |path, node| {
            node_places(node, path, visit)
        })
    })
}

fn node_places(node: &mut Value, path: &str, visit: &mut Visit<'_>) -> Result<(), DocumentProblem> {
    at(node, "id", path, Table::Nodes, visit)?;
    if let Some(component) = node.get_mut("component") {
        at(component, "id", &format!("{path}.component"), Table::Components, visit)?;
    }
    let Some(routing) = node.get_mut("routing") else { return Ok(()) };
    let path = format!("{path}.routing");
    for name in ["Next", "next"] {
        if let Some(next) = routing.get_mut(name) {
            at(next, "node_id", &path, Table::Nodes, visit)?;
        }
    }
    for name in ["Branch", "branch"] {
        let Some(branch) = routing.get_mut(name) else { continue };
        at(branch, "default", &path, Table::Nodes, visit)?;
        let statuses = branch.get_mut("on_status").and_then(Value::as_object_mut);
        for (status, target) in statuses.into_iter().flatten() {
            visit(Table::Nodes, &format!("{path}.on_status.{status}"), target)?;
        }
    }
    Ok(())
}

fn at(
    parent: &mut Value,
    key: &str,
    path: &str,
    table: Table,
    visit: &mut Visit<'_>,
) -> Result<(), DocumentProblem> {
    match parent.get_mut(key) {
        Some(place) => visit(table, &format!("{path}.{key}"), place),
        None => Ok(()),
    }
}

fn each(
    parent: &mut Value,
    key: &str,
    path: &str,
    visit: &mut dyn FnMut(&str, &mut Value) -> Result<(), DocumentProblem>,
) -> Result<(), DocumentProblem> {
    let items = parent.get_mut(key).and_then(Value::as_array_mut);
    let dot = if path.is_empty() { "" } else { "." };
    for (index, item) in items.into_iter().flatten().enumerate() {
        visit(&format!("{path}{dot}{key}[{index}]"), item)?;
    }
    Ok(())
}
