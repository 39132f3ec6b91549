use std::time::Duration;

use greentic_env_pack::{MemoryState, StateKey, StateStore};

fn key() -> StateKey {
    StateKey::new("local/acme/d/r", "count")
}

#[tokio::test]
async fn bytes_come_back_as_they_went_in() {
    let state = MemoryState::default();
    let bytes = vec![0, 159, 146, 150, 255];
    state.set(&key(), bytes.clone(), None).await.unwrap();
    assert_eq!(state.get(&key()).await.unwrap(), Some(bytes));
    assert_eq!(state.get(&StateKey::new("other", "count")).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_created_once_while_it_lives() {
    let state = MemoryState::default();
    let live = Some(Duration::from_secs(5));
    assert!(state.set_if_absent(&key(), b"1".to_vec(), live).await.unwrap());
    assert!(!state.set_if_absent(&key(), b"2".to_vec(), live).await.unwrap());
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(state.get(&key()).await.unwrap(), None);
    assert!(state.set_if_absent(&key(), b"3".to_vec(), None).await.unwrap());
    assert_eq!(state.get(&key()).await.unwrap(), Some(b"3".to_vec()));
}

#[tokio::test]
async fn what_is_deleted_is_gone_once() {
    let state = MemoryState::default();
    state.set(&key(), b"1".to_vec(), None).await.unwrap();
    assert!(state.delete(&key()).await.unwrap());
    assert!(!state.delete(&key()).await.unwrap());
}
