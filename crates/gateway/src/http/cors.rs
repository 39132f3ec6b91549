//! Which pages in a browser may talk to workers. No credentials of the browser are ever used: a token is
//! all that counts.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, HOST, HeaderValue, ORIGIN, VARY,
};
use hyper::{Request, StatusCode, Uri};

use super::reply::{Reply, reply};
use crate::metrics::Endpoint;
use crate::routes::is_loopback;

/// The pages that a request's answer is for.
pub(super) enum Pages {
    /// Pages of any origin.
    Any,
    /// The page of this machine that asks, if one does. Under a name of this machine nobody else is
    /// served, and a page from elsewhere is somebody else: it only runs in a browser here.
    OfThisMachine(Option<HeaderValue>),
}

impl Pages {
    /// Of a gateway that only this machine can reach, or of another.
    pub(super) fn of<B>(request: &Request<B>, is_local: bool) -> Self {
        let headers = request.headers();
        let named = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().host().or(named);
        if !is_local || host.is_some_and(|host| !is_loopback(host)) {
            return Self::Any;
        }
        Self::OfThisMachine(
            headers.get(ORIGIN).filter(|origin| is_of_this_machine(origin)).cloned(),
        )
    }

    pub(super) fn allow(self, endpoint: Endpoint, mut reply: Reply) -> Reply {
        if !matches!(endpoint, Endpoint::Webchat | Endpoint::Invoke) {
            return reply;
        }
        let headers = reply.headers_mut();
        match self {
            Self::Any => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Self::OfThisMachine(origin) => {
                headers.insert(VARY, HeaderValue::from_name(ORIGIN));
                headers.extend(origin.map(|origin| (ACCESS_CONTROL_ALLOW_ORIGIN, origin)));
            }
        }
        reply
    }
}

fn is_of_this_machine(origin: &HeaderValue) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    origin.is_some_and(|origin| origin.host().is_some_and(is_loopback))
}

pub(super) fn preflight() -> Reply {
    let mut reply = reply(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", "");
    let headers = reply.headers_mut();
    let allowed = "authorization, content-type, accept, x-ms-bot-agent, x-requested-with";
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    reply
}
