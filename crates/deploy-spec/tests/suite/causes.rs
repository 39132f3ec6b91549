//! Errors with their causes, as one line.

use std::error::Error;
use std::fmt;

use greentic_deploy_spec::with_causes;

/// What an error says, and what caused it.
#[derive(Debug)]
struct Says(&'static str, Option<Box<Says>>);

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Says {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

fn caused(chain: &[&'static str]) -> Option<Box<Says>> {
    let (first, rest) = chain.split_first()?;
    Some(Box::new(Says(first, caused(rest))))
}

fn told(chain: &[&'static str]) -> String {
    with_causes(&*caused(chain).expect("an error"))
}

#[test]
fn each_cause_is_told_in_its_order() {
    assert_eq!(told(&["no pack"]), "no pack");
    assert_eq!(told(&["no pack", "no file", "no disk"]), "no pack: no file: no disk");
}

#[test]
fn a_cause_that_is_told_already_is_not_told_twice() {
    assert_eq!(told(&["no pack: no disk", "no disk"]), "no pack: no disk");
    assert_eq!(told(&["no pack", "no file", "no pack"]), "no pack: no file");
}

#[test]
fn an_error_that_causes_itself_has_an_end() {
    #[derive(Debug)]
    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("endless")
        }
    }
    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Self)
        }
    }
    assert_eq!(with_causes(&Endless), "endless");
}
