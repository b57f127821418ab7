//! When to save.

use downhill::store::Policy;

const END: u64 = u64::MAX;

#[test]
fn what_is_not_set_is_no_reason() {
    assert!(!Policy::new().due(END, Some(f32::INFINITY), true));
    assert!(!Policy::new().every(1000).due(999, Some(1.0), true));
    assert!(!Policy::new().when_better(0.1).due(END, None, true));
    assert!(!Policy::new().on_signal().due(END, Some(1.0), false));
    assert!(Policy::default().due(10_000, None, false));
    assert!(!Policy::default().due(9_999, None, true));
}

#[test]
fn steps_do_not_wrap() {
    let mut policy = Policy::new().every(1000);
    policy.saved(u64::from(u32::MAX), None);
    assert!(!policy.due(u64::from(u32::MAX) + 999, None, false));
    assert!(policy.due(u64::from(u32::MAX) + 1000, None, false));
    policy.saved(END - 1, None);
    assert!(!policy.due(END, None, false));
    // Steps that go back, as after a restart of the training, are no reason until they are more than what was saved.
    assert!(!policy.due(0, None, true));
    policy.saved(0, None);
    assert!(policy.due(1000, None, false));
    // Without a step since the last save there is nothing to save, whatever the reason.
    let mut policy = Policy::new().every(0).when_better(0.0).on_signal();
    policy.saved(5, Some(0.5));
    assert!(!policy.due(5, Some(0.9), true));
    assert!(policy.due(6, None, false));
}

#[test]
fn scores_that_are_no_numbers_are_not_better() {
    let mut policy = Policy::new().when_better(0.01);
    assert!(!policy.due(1, Some(f32::NAN), false));
    assert!(policy.due(1, Some(-5.0), false)); // the first score
    policy.saved(1, Some(-5.0));
    for (score, due) in [(-5.0, false), (-4.995, false), (-4.9, true), (-6.0, false), (f32::INFINITY, true)] {
        assert_eq!(policy.due(2, Some(score), false), due, "{score}");
    }
    assert!(!policy.due(2, Some(f32::NAN), false));
    // A score that is no number is not remembered: with it, nothing would ever be better.
    policy.saved(2, Some(f32::NAN));
    assert!(policy.due(3, Some(-4.0), false));
    assert!(!policy.due(3, Some(-5.0), false));
    // An image that was saved without a score leaves the last one.
    policy.saved(3, None);
    assert!(!policy.due(4, Some(-5.0), false));
    assert!(!Policy::new().when_better(f32::NAN).due(1, Some(f32::NAN), false));
}

#[test]
fn a_save_that_failed_stays_due() {
    let mut policy = Policy::new().every(10).on_signal();
    assert!(policy.due(10, None, false));
    assert!(policy.due(11, None, false));
    assert!(policy.due(1, None, true));
    policy.saved(11, None);
    assert!(!policy.due(11, None, true));
    assert!(policy.due(12, None, true));
}
