//! Finds numbers that would not come back as they were written.
//!
//! serde_json reads what is no 64-bit integer as a double. The scan is lexical and makes one pass
//! without allocation; only a number with more than 15 characters or an exponent is looked at
//! closely, since a double keeps every decimal of up to 15 digits.

/// A number that a reader would change.
pub(super) struct LossyNumber {
    pub(super) pointer: String,
    pub(super) literal: String,
    pub(super) read_as: String,
}

/// How many objects and arrays the parser enters before it refuses the next one.
const DEEPEST: usize = 127;

/// The first number that does not survive reading and writing. Bytes that are no JSON find an end,
/// too; the parser explains them, as it does what is nested too deeply.
pub(super) fn first_lossy_number(bytes: &[u8]) -> Option<LossyNumber> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = after_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                let end = after_number(bytes, at);
                let literal = std::str::from_utf8(&bytes[at..end]).unwrap_or_default();
                if let Some(read_as) = changed_by_reading(literal) {
                    let pointer = pointer_to(bytes, at);
                    return Some(LossyNumber { pointer, literal: literal.to_owned(), read_as });
                }
                at = end;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return None;
                }
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
    }
    None
}

fn after_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn after_number(bytes: &[u8], start: usize) -> usize {
    let is_part = |b: &u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    start + bytes[start..].iter().take_while(|b| is_part(b)).count()
}

/// What a reader would make of the number, when that is another one.
fn changed_by_reading(literal: &str) -> Option<String> {
    if literal.len() <= 15 && !literal.contains(['e', 'E']) {
        return None;
    }
    match serde_json::from_str::<serde_json::Number>(literal) {
        Ok(number) => {
            let read_as = number.to_string();
            (Decimal::parse(&read_as) != Decimal::parse(literal)).then_some(read_as)
        }
        Err(_) => literal.parse::<f64>().is_ok_and(f64::is_infinite).then(|| "infinity".to_owned()),
    }
}

/// A decimal number in its only form: digits without leading or trailing zeros, and the exponent
/// of the last digit.
#[derive(PartialEq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i128,
}

impl Decimal {
    fn parse(literal: &str) -> Option<Self> {
        let (mantissa, exponent) = match literal.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?.into()),
            None => (literal, 0),
        };
        let (negative, unsigned) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let dropped = digits.len() - significant.len();
        Some(Self {
            negative,
            digits: significant.trim_start_matches('0').to_owned(),
            exponent: exponent - fraction.len() as i128 + dropped as i128,
        })
    }
}

/// Where a byte stands, as a JSON pointer.
fn pointer_to(bytes: &[u8], offset: usize) -> String {
    enum Frame {
        Object { key: String },
        Array { index: usize },
    }
    let mut frames: Vec<Frame> = Vec::new();
    let mut last_string = String::new();
    let mut at = 0;
    while at < offset {
        match bytes[at] {
            b'"' => {
                let end = after_string(bytes, at);
                last_string = serde_json::from_slice(&bytes[at..end]).unwrap_or_default();
                at = end;
                continue;
            }
            b'{' => frames.push(Frame::Object { key: String::new() }),
            b'[' => frames.push(Frame::Array { index: 0 }),
            b'}' | b']' => drop(frames.pop()),
            b':' => {
                if let Some(Frame::Object { key }) = frames.last_mut() {
                    key.clone_from(&last_string);
                }
            }
            b',' => {
                if let Some(Frame::Array { index }) = frames.last_mut() {
                    *index += 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    let segment = |frame: &Frame| match frame {
        Frame::Object { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Frame::Array { index } => format!("/{index}"),
    };
    frames.iter().map(segment).collect()
}
