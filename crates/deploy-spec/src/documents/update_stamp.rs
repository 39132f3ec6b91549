/// `updated_by` as older tools write it: who, and after `#idem=` the operation and idempotency key
/// of the change. They use it to recognise a retry; here the store's ledger does, so a stamp is
/// read, never written, and never part of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateStamp<'a> {
    /// Who changed it.
    pub who: &'a str,
    /// The operation and the key, when stamped.
    pub operation: Option<(&'a str, &'a str)>,
}

const MARK: &str = "#idem=";
const OPERATIONS: [&str; 5] =
    ["add", "link-bundle", "unlink-bundle", "set-welcome-flow", "rotate-webhook-secret"];

impl<'a> UpdateStamp<'a> {
    /// Splits an `updated_by` text. What is no stamp belongs to who.
    #[must_use]
    pub fn parse(updated_by: &'a str) -> Self {
        let stamped = updated_by.rsplit_once(MARK).and_then(|(who, stamp)| {
            let (operation, key) = stamp.split_once(':')?;
            OPERATIONS.contains(&operation).then_some((who, (operation, key)))
        });
        match stamped {
            Some((who, operation)) => Self { who, operation: Some(operation) },
            None => Self { who: updated_by, operation: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_told_apart_from_who() {
        let stamp = UpdateStamp::parse("operator://alice#idem=link-bundle:k#1:2");
        assert_eq!(stamp.who, "operator://alice");
        assert_eq!(stamp.operation, Some(("link-bundle", "k#1:2")));
        for plain in ["operator://alice", "a#idem=", "a#idem=other:k", "#idem=add", ""] {
            assert_eq!(UpdateStamp::parse(plain), UpdateStamp { who: plain, operation: None });
        }
    }
}
