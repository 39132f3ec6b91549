use http::Uri;

use crate::SpecError;

/// Checks that a text is an origin, such as `https://chat.example.com`, and returns it trimmed and
/// without a trailing slash. Its case stays as it is.
///
/// # Errors
/// [`SpecError::InvalidPublicBaseUrl`] with the first rule that the text breaks.
pub fn validate_public_base_url(text: &str) -> Result<String, SpecError> {
    let value = text.trim();
    origin(value)
        .map(str::to_owned)
        .map_err(|reason| SpecError::InvalidPublicBaseUrl { value: value.to_owned(), reason })
}

fn origin(value: &str) -> Result<&str, &'static str> {
    if value.is_empty() {
        return Err("must not be empty");
    }
    if value.contains(char::is_whitespace) {
        return Err("must not contain whitespace");
    }
    let uri: Uri = value.parse().map_err(|_| "is not a valid URI")?;
    if !uri
        .scheme_str()
        .is_some_and(|s| matches!(s.to_ascii_lowercase().as_str(), "http" | "https"))
    {
        return Err("must start with http:// or https://");
    }
    let authority = uri.authority().ok_or("must include a host")?.as_str();
    check_authority(authority, uri.host())?;
    check_rest(&uri, value)?;
    Ok(value.trim_end_matches('/'))
}

fn check_authority(authority: &str, host: Option<&str>) -> Result<(), &'static str> {
    if authority.contains('@') {
        return Err("must not include userinfo");
    }
    let host = host.filter(|host| !host.is_empty()).ok_or("must include a host")?;
    match authority.strip_prefix(host) {
        None | Some("") => Ok(()),
        Some(port) => match port.strip_prefix(':').map(str::parse::<u16>) {
            Some(Ok(_)) => Ok(()),
            _ => Err("port is not a valid number"),
        },
    }
}

fn check_rest(uri: &Uri, value: &str) -> Result<(), &'static str> {
    if uri.query().is_some() {
        return Err("must not include a query string");
    }
    // The http crate drops the fragment, so it is looked for in the text.
    if value.contains('#') {
        return Err("must not include a fragment");
    }
    match uri.path() {
        "" | "/" => Ok(()),
        _ => Err("must be an origin without a path"),
    }
}
