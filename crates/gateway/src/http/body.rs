use std::error::Error;
use std::pin::pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;

/// Reads a body of at most so many bytes. Each piece takes room when it is there and not before: whoever
/// only says that much will come keeps nobody out.
pub(super) async fn read(
    body: Incoming,
    most: usize,
    room: &Arc<Semaphore>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), ApiError> {
    let mut body = pin!(Limited::new(body, most));
    let (mut all, mut held) = (BytesMut::new(), None);
    while let Some(piece) = body.frame().await {
        let piece = piece.map_err(|error| refused(&*error, most))?;
        let Ok(piece) = piece.into_data() else { continue };
        take(room, piece.len(), &mut held)?;
        all.extend_from_slice(&piece);
    }
    Ok((all.freeze(), held))
}

fn take(
    room: &Arc<Semaphore>,
    bytes: usize,
    held: &mut Option<OwnedSemaphorePermit>,
) -> Result<(), ApiError> {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let more = Arc::clone(room).try_acquire_many_owned(bytes);
    let more = more.map_err(|_| ApiError::busy("too much is being read of other requests"))?;
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
    Ok(())
}

fn refused(error: &(dyn Error + 'static), most: usize) -> ApiError {
    if error.is::<LengthLimitError>() {
        ApiError::too_large(most)
    } else {
        let message = "the body is cut off, or not sent as HTTP has it";
        ApiError::bad_request("body-incomplete", message)
    }
}
