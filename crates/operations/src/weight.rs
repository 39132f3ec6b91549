use std::fmt;
use std::str::FromStr;

use greentic_deploy_spec::TOTAL_BASIS_POINTS;

use crate::OpError;

/// A share of the traffic. Written `90%`, `90` for the same, `2.5%`, or `9000bps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight {
    bps: u32,
}

impl Weight {
    /// All of it.
    pub const WHOLE: Self = Self { bps: TOTAL_BASIS_POINTS };

    /// The share in basis points, at most 10,000.
    #[must_use]
    pub fn basis_points(self) -> u32 {
        self.bps
    }
}

impl FromStr for Weight {
    type Err = OpError;

    fn from_str(text: &str) -> Result<Self, OpError> {
        let fail = || OpError::Weight { text: text.chars().take(40).collect() };
        let bps = match text.strip_suffix("bps") {
            Some(number) => digits(number),
            None => percent(text.strip_suffix('%').unwrap_or(text)),
        };
        let bps = bps.filter(|bps| *bps <= TOTAL_BASIS_POINTS).ok_or_else(fail)?;
        Ok(Self { bps })
    }
}

/// A number without a sign.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A percentage with at most two decimals, in basis points.
fn percent(text: &str) -> Option<u32> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let rest = match rest.len() {
        1 => digits(rest)?.checked_mul(10)?,
        2 => digits(rest)?,
        _ => return None,
    };
    digits(whole)?.checked_mul(100)?.checked_add(rest)
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bps % 100 {
            0 => write!(f, "{}%", self.bps / 100),
            rest => write!(f, "{}.{rest:02}%", self.bps / 100),
        }
    }
}
