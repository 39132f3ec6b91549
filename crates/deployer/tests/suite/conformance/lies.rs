use greentic_deployer::Capability;

/// A way in which a deployer breaks the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lie {
    /// The second call of this verb fails.
    Once(&'static str),
    /// The second split of the deployment beside fails.
    SplitOnceBeside,
    /// Takes revisions that are not recorded.
    TakesUnknown,
    /// Refuses them in its own words.
    UnknownInOwnWords,
    /// Applies splits that are no whole.
    TakesAnySum,
    /// Refuses them in its own words.
    SumInOwnWords,
    /// Applies splits that are not recorded.
    TakesMissing,
    /// Refuses them in its own words.
    MissingInOwnWords,
    /// Tells that another deployment's split was applied.
    TellsOther,
    /// Tells other shares.
    TellsOtherShares,
    /// Reports no runtime configuration.
    ReportsNothing,
    /// Has this without saying so.
    InSilence(Capability),
    /// Says that it has this, and does not.
    Promises(Capability),
    /// Makes something while it observes.
    ChangesByObserving,
    /// Makes something while it plans.
    ChangesByPlanning,
    /// Tells the same changes after each reconcile.
    ReconcilesForEver,
    /// Plans what is done.
    PlansForEver,
    /// Tells the same changes after each destroy.
    DestroysForEver,
    /// Takes what comes from a stale snapshot.
    TakesStale,
    /// Refuses it in its own words.
    StaleInOwnWords,
    /// Asks the provider before it checks anything.
    AsksFirst,
    /// Asks the provider for a split before it checks anything.
    SplitsFirst,
    /// Makes another object at each call.
    MakesMore,
    /// Gives up for good after a failure.
    GivesUp,
    /// Does not know what it made when the answer was lost.
    Forgets,
    /// Panics.
    Panics,
    /// Waits for ever.
    Hangs,
    /// Warming fails.
    CannotWarm,
}
