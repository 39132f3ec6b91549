use greentic_deploy_spec::*;
use greentic_env_store::*;

fn env() -> EnvId {
    "local".parse().unwrap()
}

#[test]
fn smoke() {
    let root = tempfile::tempdir().unwrap();
    let store = LocalFsStore::new(root.path().join("environments"));
    let (environment, outcome) =
        store.ensure_local_environment(&env(), EnsureLocalEnvironmentPayload::default()).unwrap();
    assert_eq!(outcome, LocalEnvOutcome::Created);
    assert_eq!(store.load(&env()).unwrap(), environment);
    let again = store.ensure_local_environment(&env(), EnsureLocalEnvironmentPayload::default());
    assert_eq!(again.unwrap().1, LocalEnvOutcome::AlreadyExists);
    for n in 0..600 {
        let payload =
            UpdateEnvironmentPayload { name: Some(format!("n{n}")), ..Default::default() };
        store.update_environment(&env(), payload).unwrap();
    }
    let snapshot = store.snapshot(&env()).unwrap();
    println!("{} {:?}", snapshot.generation(), snapshot.etag());
    println!("{:?}", store.verify(&env()).unwrap());
    let other = LocalFsStore::new(root.path().join("environments"));
    assert_eq!(other.snapshot(&env()).unwrap(), snapshot);
    println!("{:?}", store.compact(&env(), &HistoryRetention::default()).unwrap());
    println!("{:?}", store.verify(&env()).unwrap());
    let cold = LocalFsStore::new(root.path().join("environments"));
    assert_eq!(cold.snapshot(&env()).unwrap(), snapshot);
    println!("{:?}", store.history(&env(), HistoryPage { before: None, limit: 2 }).unwrap());
    println!("{:?}", store.diff(&env(), 600, 601).unwrap());
    drop((store, other, cold));
    std::process::Command::new("find").arg(root.path()).arg("-ls").status().unwrap();
    std::process::Command::new("wc")
        .arg(root.path().join("environments/local/audit/events.jsonl"))
        .status()
        .unwrap();
    std::process::Command::new("cat")
        .arg(root.path().join("environments/local/environment.json"))
        .status()
        .unwrap();
}
