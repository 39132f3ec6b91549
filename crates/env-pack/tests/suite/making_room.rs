//! Callers who never come back keep nobody out.

use std::time::Duration;

use greentic_env_pack::{
    LeaseToken, MemoryLimits, MemorySessions, Registered, SessionKey, Sessions, Taken,
};

const LEASE: Duration = Duration::from_secs(30);

fn sessions() -> MemorySessions {
    MemorySessions::new(MemoryLimits {
        keys_per_tenant: 3,
        bytes_per_tenant: 10,
        keys: 5,
        bytes: 15,
        value: 8,
    })
}

/// A conversation of a tenant; each has a revision of its own.
fn key(tenant: &str, name: usize) -> SessionKey {
    SessionKey::new(format!("local/{tenant}/d/r{name}"), name.to_string())
}

async fn park(sessions: &MemorySessions, tenant: &str, name: usize, bytes: usize) {
    let parked = sessions.register_if_absent(&key(tenant, name), vec![0; bytes], None).await;
    assert_eq!(parked.unwrap(), Registered::Now, "{tenant} {name}");
}

async fn refused(sessions: &MemorySessions, tenant: &str, bytes: usize) -> &'static str {
    let parked = sessions.register_if_absent(&key(tenant, 99), vec![0; bytes], None).await;
    parked.unwrap_err().code()
}

async fn take(sessions: &MemorySessions, tenant: &str, name: usize) -> LeaseToken {
    match sessions.take(&key(tenant, name), LEASE).await.unwrap() {
        Taken::Held(lease) => lease.token,
        other => panic!("{other:?}"),
    }
}

/// Those of a tenant that are parked; each is counted as often as it is there.
async fn parked(sessions: &MemorySessions, tenant: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for name in 0..20 {
        let is_parked = sessions.is_parked(&key(tenant, name)).await.unwrap();
        let count = sessions.count(&key(tenant, name).scope).await.unwrap();
        assert_eq!(count, usize::from(is_parked), "{tenant} {name}");
        found.extend(is_parked.then_some(name));
    }
    found
}

#[tokio::test]
async fn the_one_that_has_waited_longest_ends_for_a_new_one_of_its_tenant() {
    let sessions = sessions();
    park(&sessions, "quiet", 0, 1).await;
    for name in 0..20 {
        park(&sessions, "busy", name, 1).await;
    }
    assert_eq!(parked(&sessions, "busy").await, [17, 18, 19]);
    assert_eq!(parked(&sessions, "quiet").await, [0], "another tenant's stays");
}

#[tokio::test]
async fn parked_again_or_let_go_of_is_newest() {
    let sessions = sessions();
    for name in 0..3 {
        park(&sessions, "a", name, 1).await;
    }
    let token = take(&sessions, "a", 0).await;
    assert!(sessions.park_again(&key("a", 0), &token, vec![1], None).await.unwrap());
    let token = take(&sessions, "a", 1).await;
    assert!(sessions.release(&key("a", 1), &token).await.unwrap());
    park(&sessions, "a", 3, 1).await;
    assert_eq!(parked(&sessions, "a").await, [0, 1, 3]);
    park(&sessions, "a", 4, 1).await;
    assert_eq!(parked(&sessions, "a").await, [1, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_held_stays_as_long_as_its_lease() {
    let sessions = sessions();
    for name in 0..3 {
        park(&sessions, "a", name, 1).await;
    }
    let token = take(&sessions, "a", 0).await;
    assert!(sessions.spend(&key("a", 0), &token).await.unwrap());
    take(&sessions, "a", 1).await;
    park(&sessions, "a", 3, 1).await;
    assert_eq!(parked(&sessions, "a").await, [0, 1, 3]);
    take(&sessions, "a", 3).await;
    assert_eq!(refused(&sessions, "a", 1).await, "port-full", "all are held");
    assert!(sessions.park_again(&key("a", 0), &token, vec![0; 8], None).await.unwrap());
    take(&sessions, "a", 0).await;
    assert_eq!(parked(&sessions, "a").await, [0, 1, 3]);
    tokio::time::advance(LEASE).await;
    park(&sessions, "a", 4, 1).await;
    assert_eq!(parked(&sessions, "a").await, [0, 3, 4], "the lease of 1 ended first");
}

#[tokio::test]
async fn as_many_end_as_a_value_needs_bytes() {
    let sessions = sessions();
    for name in 0..3 {
        park(&sessions, "a", name, 3).await;
    }
    assert_eq!(refused(&sessions, "a", 9).await, "port-value-too-large");
    assert_eq!(parked(&sessions, "a").await, [0, 1, 2], "what never fits ends nothing");
    park(&sessions, "a", 3, 7).await;
    assert_eq!(parked(&sessions, "a").await, [2, 3]);
    take(&sessions, "a", 2).await;
    take(&sessions, "a", 3).await;
    assert_eq!(refused(&sessions, "a", 1).await, "port-no-space");
}

#[tokio::test]
async fn one_that_grows_makes_room_without_ending_itself() {
    let sessions = sessions();
    for name in 0..3 {
        park(&sessions, "a", name, 3).await;
    }
    let token = take(&sessions, "a", 0).await;
    assert!(sessions.park_again(&key("a", 0), &token, vec![0; 7], None).await.unwrap());
    assert_eq!(parked(&sessions, "a").await, [0, 2]);
}

#[tokio::test]
async fn at_the_limit_of_all_the_tenant_that_keeps_most_gives() {
    let sessions = sessions();
    park(&sessions, "small", 0, 1).await;
    for name in 0..3 {
        park(&sessions, "large", name, 1).await;
    }
    park(&sessions, "zoo", 0, 1).await;
    take(&sessions, "large", 0).await;
    park(&sessions, "new", 0, 1).await;
    assert_eq!(parked(&sessions, "large").await, [0, 2]);
    take(&sessions, "large", 2).await;
    park(&sessions, "new", 1, 1).await;
    assert_eq!(parked(&sessions, "large").await, [0, 2], "what it keeps is held");
    let mut kept = 0;
    for tenant in ["small", "zoo", "new", "large"] {
        kept += parked(&sessions, tenant).await.len();
    }
    assert_eq!(kept, 5);
}

#[tokio::test]
async fn at_the_limit_of_bytes_the_tenant_with_most_bytes_gives() {
    let sessions = sessions();
    park(&sessions, "heavy", 0, 8).await;
    for name in 0..3 {
        park(&sessions, "many", name, 2).await;
    }
    park(&sessions, "new", 0, 2).await;
    assert!(parked(&sessions, "heavy").await.is_empty());
    assert_eq!(parked(&sessions, "many").await, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_is_over_goes_before_what_waits() {
    let sessions = sessions();
    park(&sessions, "a", 0, 1).await;
    park(&sessions, "a", 1, 1).await;
    let live = Some(Duration::from_secs(5));
    sessions.register_if_absent(&key("a", 2), vec![0], live).await.unwrap();
    tokio::time::advance(Duration::from_secs(5)).await;
    park(&sessions, "a", 3, 1).await;
    assert_eq!(parked(&sessions, "a").await, [0, 1, 3]);
    let token = take(&sessions, "a", 3).await;
    assert!(sessions.spend(&key("a", 3), &token).await.unwrap());
    tokio::time::advance(LEASE).await;
    park(&sessions, "a", 4, 1).await;
    assert_eq!(parked(&sessions, "a").await, [0, 1, 4], "what was spent is over with its lease");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_let_go_of_or_whose_lease_ended_makes_room_at_once() {
    let sessions = sessions();
    for name in 0..3 {
        park(&sessions, "a", name, 1).await;
    }
    let late = take(&sessions, "a", 0).await;
    let token = take(&sessions, "a", 1).await;
    take(&sessions, "a", 2).await;
    assert!(sessions.release(&key("a", 1), &token).await.unwrap());
    park(&sessions, "a", 3, 1).await;
    assert_eq!(parked(&sessions, "a").await, [0, 2, 3]);
    tokio::time::advance(LEASE).await;
    assert!(!sessions.release(&key("a", 0), &late).await.unwrap(), "it holds nothing any more");
}

#[tokio::test]
async fn a_tenant_that_kept_most_before_does_not_give_for_it() {
    let sessions = sessions();
    for name in 0..3 {
        park(&sessions, "z", name, 1).await;
    }
    for name in 0..2 {
        let token = take(&sessions, "z", name).await;
        assert!(sessions.clear(&key("z", name), &token).await.unwrap());
    }
    park(&sessions, "b", 0, 1).await;
    park(&sessions, "b", 1, 1).await;
    for tenant in ["c", "d", "e"] {
        park(&sessions, tenant, 0, 1).await;
    }
    assert_eq!(parked(&sessions, "z").await, [2]);
    assert_eq!(parked(&sessions, "b").await, [1]);
}

#[tokio::test]
async fn a_value_larger_than_the_room_of_a_tenant_ends_nothing() {
    let room = MemoryLimits { value: 100, bytes_per_tenant: 10, ..MemoryLimits::default() };
    let sessions = MemorySessions::new(room);
    park(&sessions, "a", 0, 10).await;
    assert_eq!(refused(&sessions, "a", 11).await, "port-value-too-large");
    assert_eq!(parked(&sessions, "a").await, [0]);
}

#[tokio::test]
async fn a_tenant_that_kept_most_bytes_before_does_not_give_for_it() {
    let sessions = sessions();
    for (name, bytes) in [3, 3, 2].into_iter().enumerate() {
        park(&sessions, "z", name, bytes).await;
    }
    let token = take(&sessions, "z", 0).await;
    assert!(sessions.clear(&key("z", 0), &token).await.unwrap());
    park(&sessions, "b", 0, 6).await;
    park(&sessions, "new", 0, 5).await;
    assert_eq!(parked(&sessions, "z").await, [1, 2]);
    assert!(parked(&sessions, "b").await.is_empty());
}
