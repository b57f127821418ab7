//! When to save.

/// Says when to save: every so many steps, when the score is better by so much, or when the power goes. Which of these, are set
/// one after the other; what is not set is never a reason.
///
/// It only says so. What follows, saving or not, is up to the program, which tells of it by [`saved`](Policy::saved): a save that
/// failed stays due.
///
/// ```
/// use downhill::store::Policy;
///
/// let mut policy = Policy::new().every(1000).when_better(0.01).on_signal();
/// assert!(!policy.due(999, None, false));
/// assert!(policy.due(1000, None, false)); // steps of the training so far
/// policy.saved(1000, Some(0.90));
/// assert!(!policy.due(1500, Some(0.905), false));
/// assert!(policy.due(1500, Some(0.92), false)); // a score: the larger the better
/// assert!(policy.due(1001, None, true)); // the brown-out detector says that the power goes
/// assert!(!policy.due(1000, None, true)); // but nothing was learnt since
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Policy {
    every: Option<u64>,
    better: Option<f32>,
    signal: bool,
    /// The steps and the score of what was saved last.
    steps: u64,
    score: Option<f32>,
}

impl Default for Policy {
    /// Every 10,000 steps.
    fn default() -> Self {
        Self::new().every(10_000)
    }
}

impl Policy {
    /// Never.
    pub const fn new() -> Self {
        Self { every: None, better: None, signal: false, steps: 0, score: None }
    }

    /// When so many steps were made since the last save.
    #[must_use]
    pub const fn every(self, steps: u64) -> Self {
        Self { every: Some(steps), ..self }
    }

    /// When the score is larger than that of the last save by at least so much; of a loss, the score is its negative. The first
    /// score is better than none.
    #[must_use]
    pub const fn when_better(self, by: f32) -> Self {
        Self { better: Some(by), ..self }
    }

    /// When the power goes. It has to last as long as a save takes: see the [module](super).
    #[must_use]
    pub const fn on_signal(self) -> Self {
        Self { signal: true, ..self }
    }

    /// Whether to save now: after so many steps, with this score if one was measured, and with or without a sign that the power
    /// goes.
    pub fn due(&self, steps: u64, score: Option<f32>, signal: bool) -> bool {
        let since = steps.saturating_sub(self.steps);
        let better = match (self.better, score, self.score) {
            (Some(by), Some(score), Some(last)) => score > last && score - last >= by,
            (Some(_), Some(score), None) => !score.is_nan(),
            _ => false,
        };
        since > 0 && (self.every.is_some_and(|every| since >= every) || better || (self.signal && signal))
    }

    /// Tells that this was saved, or restored. A score that is no number is forgotten.
    pub fn saved(&mut self, steps: u64, score: Option<f32>) {
        self.steps = steps;
        self.score = score.filter(|score| !score.is_nan()).or(self.score);
    }
}
