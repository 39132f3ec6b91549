/// Which instance of a provider a request is for, as its component says.
///
/// When several packs are asked, what says more wins, and the first that knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IdentifyOutcome {
    /// Nobody can tell.
    #[default]
    Unsupported,
    /// It is none of its instances.
    NoMatch,
    /// This one.
    Identified(String),
}

impl IdentifyOutcome {
    /// Takes over what another one says, when that is more.
    pub fn merge_in(&mut self, other: Self) {
        match (&*self, &other) {
            (Self::Identified(_), _) | (Self::NoMatch, Self::Unsupported) => {}
            _ => *self = other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::IdentifyOutcome::{self, Identified, NoMatch, Unsupported};

    #[test]
    fn the_first_that_knows_wins_and_saying_no_is_more_than_saying_nothing() {
        let first = || Identified("first".to_owned());
        let second = || Identified("second".to_owned());
        for (said, then, expected) in [
            (Unsupported, NoMatch, NoMatch),
            (NoMatch, Unsupported, NoMatch),
            (NoMatch, first(), first()),
            (first(), NoMatch, first()),
            (first(), second(), first()),
            (Unsupported, Unsupported, Unsupported),
        ] {
            let mut outcome: IdentifyOutcome = said;
            outcome.merge_in(then);
            assert_eq!(outcome, expected);
        }
    }
}
