//! `gtc conformance`: contracts that stores and deployers keep.

mod deployer;
mod store;

use serde::Serialize;

pub(crate) use deployer::Deployer;
pub(crate) use store::Store;

use crate::output::{Report, View};

super::verbs! { Store, Deployer }

/// The clauses of a contract.
#[derive(Serialize)]
struct Clauses {
    clauses: Vec<Clause>,
}

#[derive(Serialize)]
struct Clause {
    clause: &'static str,
    area: &'static str,
    text: &'static str,
}

impl Report for Clauses {
    fn view(&self) -> View {
        let rows = self.clauses.iter().map(|one| vec![one.clause.to_owned(), one.text.to_owned()]);
        View::new().table(&["CLAUSE", "WHAT HOLDS"], rows, "no clauses")
    }
}
