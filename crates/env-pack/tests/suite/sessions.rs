use std::sync::Arc;
use std::time::Duration;

use greentic_env_pack::{
    Lease, MemorySessions, PortError, Registered, SessionKey, Sessions, Taken,
};

const LEASE: Duration = Duration::from_secs(30);

fn key() -> SessionKey {
    SessionKey::new("local/acme/d/r", "alice")
}

async fn held(sessions: &MemorySessions) -> Lease {
    match sessions.take(&key(), LEASE).await.unwrap() {
        Taken::Held(lease) => lease,
        other => panic!("{other:?}"),
    }
}

async fn parked(value: &[u8]) -> MemorySessions {
    let sessions = MemorySessions::default();
    let registered = sessions.register_if_absent(&key(), value.to_vec(), None).await.unwrap();
    assert_eq!(registered, Registered::Now);
    sessions
}

#[tokio::test]
async fn what_is_parked_is_not_parked_over() {
    let sessions = parked(b"first").await;
    let again = sessions.register_if_absent(&key(), b"second".to_vec(), None).await.unwrap();
    assert_eq!(again, Registered::Before);
    assert_eq!(held(&sessions).await.value, b"first");
}

#[tokio::test]
async fn of_many_that_register_at_once_one_does() {
    let sessions = Arc::new(MemorySessions::default());
    let tries = (0..64).map(|number: u8| {
        let sessions = Arc::clone(&sessions);
        tokio::spawn(async move { sessions.register_if_absent(&key(), vec![number], None).await })
    });
    let mut won = 0;
    for handle in tries.collect::<Vec<_>>() {
        won += usize::from(handle.await.unwrap().unwrap() == Registered::Now);
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn one_holder_at_a_time() {
    let sessions = parked(b"v").await;
    let lease = held(&sessions).await;
    assert_eq!(sessions.take(&key(), LEASE).await.unwrap(), Taken::Busy);
    assert!(sessions.release(&key(), &lease.token).await.unwrap());
    assert_ne!(held(&sessions).await.token, lease.token);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ended_neither_saves_nor_clears() {
    let sessions = parked(b"v").await;
    let late = held(&sessions).await;
    tokio::time::advance(LEASE).await;
    let now = held(&sessions).await;
    assert!(!sessions.park_again(&key(), &late.token, b"late".to_vec(), None).await.unwrap());
    assert!(!sessions.clear(&key(), &late.token).await.unwrap());
    assert!(!sessions.release(&key(), &late.token).await.unwrap());
    assert!(sessions.park_again(&key(), &now.token, b"now".to_vec(), None).await.unwrap());
    assert_eq!(held(&sessions).await.value, b"now");
}

#[tokio::test]
async fn what_is_cleared_is_gone_once() {
    let sessions = parked(b"v").await;
    let lease = held(&sessions).await;
    assert!(sessions.clear(&key(), &lease.token).await.unwrap());
    assert!(!sessions.clear(&key(), &lease.token).await.unwrap());
    assert_eq!(sessions.take(&key(), LEASE).await.unwrap(), Taken::Absent);
    assert_eq!(sessions.count(&key().scope).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_value_outlives_its_time_for_nobody() {
    let sessions = MemorySessions::default();
    let live = Some(Duration::from_secs(5));
    sessions.register_if_absent(&key(), b"v".to_vec(), live).await.unwrap();
    tokio::time::advance(Duration::from_secs(4)).await;
    assert!(sessions.is_parked(&key()).await.unwrap());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(!sessions.is_parked(&key()).await.unwrap());
    assert_eq!(sessions.count(&key().scope).await.unwrap(), 0);
    let again = sessions.register_if_absent(&key(), b"w".to_vec(), None).await.unwrap();
    assert_eq!(again, Registered::Now);
}

#[tokio::test]
async fn scopes_do_not_see_each_other() {
    let sessions = parked(b"v").await;
    let other = SessionKey::new("local/acme/d/r2", "alice");
    assert_eq!(sessions.take(&other, LEASE).await.unwrap(), Taken::Absent);
    assert_eq!(sessions.count(&other.scope).await.unwrap(), 0);
    assert_eq!(sessions.count(&key().scope).await.unwrap(), 1);
}

#[tokio::test]
async fn a_value_that_is_too_large_is_refused() {
    let sessions = MemorySessions::default();
    let huge = vec![0; 1024 * 1024 + 1];
    let error = sessions.register_if_absent(&key(), huge, None).await.unwrap_err();
    assert!(matches!(error, PortError::TooLarge { actual: 1_048_577, .. }), "{error}");
    assert!(!sessions.is_parked(&key()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_was_spent_is_gone_when_its_lease_ends() {
    let sessions = parked(b"v").await;
    let lease = held(&sessions).await;
    assert!(sessions.spend(&key(), &lease.token).await.unwrap());
    assert!(sessions.is_parked(&key()).await.unwrap(), "it is still held");
    tokio::time::advance(LEASE).await;
    assert_eq!(sessions.take(&key(), LEASE).await.unwrap(), Taken::Absent);
}

#[tokio::test]
async fn what_was_spent_can_be_parked_again() {
    let sessions = parked(b"v").await;
    let lease = held(&sessions).await;
    assert!(sessions.spend(&key(), &lease.token).await.unwrap());
    assert!(sessions.park_again(&key(), &lease.token, b"w".to_vec(), None).await.unwrap());
    assert_eq!(held(&sessions).await.value, b"w");
}
