//! No tenant takes the room of another.

use std::time::Duration;

use greentic_env_pack::{
    MemoryLimits, MemorySessions, MemoryState, PortError, SessionKey, Sessions, StateKey,
    StateStore, Taken,
};

fn limits() -> MemoryLimits {
    MemoryLimits { keys_per_tenant: 3, bytes_per_tenant: 10, keys: 5, bytes: 15, value: 8 }
}

fn key(tenant: &str, revision: &str, name: usize) -> StateKey {
    StateKey::new(format!("local/{tenant}/{revision}/pack"), name.to_string())
}

async fn set(state: &MemoryState, key: &StateKey, bytes: usize) -> Result<(), &'static str> {
    state.set(key, vec![0; bytes], None).await.map_err(|error| error.code())
}

#[tokio::test]
async fn a_tenant_that_fills_its_room_leaves_that_of_the_others() {
    let state = MemoryState::new(limits());
    // However many revisions it has.
    for name in 0..3 {
        set(&state, &key("greedy", &format!("r{name}"), name), 1).await.unwrap();
    }
    assert_eq!(set(&state, &key("greedy", "r9", 9), 1).await, Err("port-full"));
    assert_eq!(set(&state, &key("greedy", "r0", 0), 1).await, Ok(()), "what is there is changed");
    assert_eq!(set(&state, &key("other", "r", 0), 1).await, Ok(()));
    assert_eq!(set(&state, &key("third", "r", 0), 1).await, Ok(()));
    assert_eq!(set(&state, &key("fourth", "r", 0), 1).await, Err("port-full"), "all have a bound");
    assert!(state.delete(&key("greedy", "r0", 0)).await.unwrap());
    assert_eq!(set(&state, &key("fourth", "r", 0), 1).await, Ok(()));
}

#[tokio::test]
async fn bytes_are_bounded_for_a_value_a_tenant_and_all() {
    let state = MemoryState::new(limits());
    assert_eq!(set(&state, &key("a", "r", 0), 9).await, Err("port-value-too-large"));
    set(&state, &key("a", "r", 0), 8).await.unwrap();
    assert_eq!(set(&state, &key("a", "r", 1), 3).await, Err("port-no-space"));
    assert_eq!(state.get(&key("a", "r", 1)).await.unwrap(), None, "nothing was changed");
    set(&state, &key("a", "r", 0), 2).await.unwrap();
    assert_eq!(set(&state, &key("a", "r", 1), 8).await, Ok(()), "the smaller value made room");
    assert_eq!(set(&state, &key("b", "r", 0), 6).await, Err("port-no-space"));
    assert_eq!(set(&state, &key("b", "r", 0), 5).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_is_over_makes_room() {
    let state = MemoryState::new(limits());
    let live = Some(Duration::from_secs(5));
    for name in 0..3 {
        state.set(&key("a", "r", name), vec![0; 3], live).await.unwrap();
    }
    set(&state, &key("b", "r", 0), 1).await.unwrap();
    set(&state, &key("b", "r", 1), 1).await.unwrap();
    assert_eq!(set(&state, &key("b", "r", 2), 1).await, Err("port-full"));
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(set(&state, &key("b", "r", 2), 1).await, Ok(()), "of all");
    assert_eq!(set(&state, &key("a", "r", 9), 8).await, Ok(()), "of its own");
}

#[tokio::test]
async fn conversations_of_one_tenant_leave_room_for_those_of_another() {
    let sessions = MemorySessions::new(limits());
    let key = |tenant: &str, name: usize| {
        SessionKey::new(format!("local/{tenant}/d/r{name}"), name.to_string())
    };
    let park = async |key: &SessionKey| sessions.register_if_absent(key, vec![1], None).await;
    for name in 0..3 {
        park(&key("greedy", name)).await.unwrap();
    }
    let full = park(&key("greedy", 9)).await;
    assert!(matches!(full, Err(PortError::Full { limit: 3, .. })), "{full:?}");
    park(&key("other", 0)).await.unwrap();
    let lease = Duration::from_secs(30);
    let Taken::Held(held) = sessions.take(&key("greedy", 0), lease).await.unwrap() else {
        panic!("nobody holds it")
    };
    // What waits again needs no room of its own, and what does not fit stays as it was.
    let again = sessions.park_again(&key("greedy", 0), &held.token, vec![2; 9], None).await;
    assert_eq!(again.unwrap_err().code(), "port-value-too-large");
    assert!(sessions.park_again(&key("greedy", 0), &held.token, vec![2; 8], None).await.unwrap());
    let Taken::Held(held) = sessions.take(&key("greedy", 0), lease).await.unwrap() else {
        panic!("nobody holds it")
    };
    assert!(sessions.clear(&key("greedy", 0), &held.token).await.unwrap());
    park(&key("greedy", 9)).await.unwrap();
}
