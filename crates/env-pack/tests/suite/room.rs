//! No tenant takes the room of another.

use std::time::Duration;

use greentic_env_pack::{MemoryLimits, MemoryState, StateKey, StateStore};

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
