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
    /// Observes without saying that it can.
    ObservesInSilence,
    /// Says that it plans, and does not.
    PromisesPlans,
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
