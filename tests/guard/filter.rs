//! What the filter rejects, and that it takes nothing of that in.

use downhill::guard::{Filter, Rejected};
use downhill::init::{Generator, Random};
use downhill::scalar::Scalar;
use downhill::{Storable, Zero};

fn noise<T: Scalar, const I: usize>(random: &mut Generator) -> [T; I] {
    std::array::from_fn(|_| T::from_f32(random.signed_unit()))
}

fn warm<T: Scalar, const I: usize>(random: &mut Generator) -> Filter<I, T> {
    let mut filter = Filter::new();
    for _ in 0..300 {
        assert_eq!(filter.admit(&noise::<T, I>(random)), Ok(()));
    }
    filter
}

#[test]
fn what_is_not_finite_or_far_outside_is_rejected_and_not_kept() {
    fn check<T: Scalar>() {
        let mut random = Generator::new(1);
        let mut filter = warm::<T, 4>(&mut random);
        for (number, reason) in [
            (f32::NAN, Some(Rejected::NotFinite)),
            (f32::INFINITY, Some(Rejected::NotFinite)),
            (f32::NEG_INFINITY, Some(Rejected::NotFinite)),
            (1e30, Some(Rejected::Outside)),
            (-1e30, Some(Rejected::Outside)),
            (7.0, Some(Rejected::Outside)), // the sd is 0.58
            (-7.0, Some(Rejected::Outside)),
            (4.0, None),
        ] {
            let mut x = noise::<T, 4>(&mut random);
            x[2] = T::from_f32(number);
            let before = filter;
            assert_eq!(filter.judge(&x).err(), reason, "{number}");
            assert_eq!(filter, before);
            assert_eq!(filter.admit(&x).err(), reason, "{number}");
            if reason.is_some() {
                assert_eq!(filter.rejections().all(), before.rejections().all() + 1);
                // The counters are last.
                let bytes = |filter: &Filter<4, T>| {
                    let mut bytes = vec![0; Filter::<4, T>::SIZE];
                    filter.to_bytes(&mut bytes).unwrap();
                    bytes.truncate(bytes.len() - 12);
                    bytes
                };
                assert_eq!(bytes(&filter), bytes(&before));
            }
        }
        let counts = filter.rejections();
        assert_eq!((counts.not_finite, counts.outside, counts.stuck), (3, 4, 0));
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn features_of_zeros_are_measured_by_the_others() {
    let mut random = Generator::new(2);
    let mut filter = Filter::<3>::new();
    for _ in 0..300 {
        filter.admit(&[0.0, random.signed_unit(), random.signed_unit()]).unwrap();
    }
    assert_eq!(filter.judge(&[3.0, 0.0, 0.1]), Ok(()));
    assert_eq!(filter.judge(&[4.0, 0.0, 0.1]), Err(Rejected::Outside)); // 10 times the mean sd, 0.38
}

#[test]
fn the_first_samples_pass_unless_their_squares_may_overflow() {
    let mut filter = Filter::<2>::ZERO;
    assert_eq!(filter.admit(&[1e16, 0.0]), Err(Rejected::Outside));
    assert_eq!(filter.admit(&[1e10, -5.0]), Ok(()));
    assert_eq!(filter.admit(&[3.0, 1e-30]), Ok(()));
    // Where nothing has changed so far, nothing is far.
    let mut filter = Filter::<1>::new();
    for _ in 0..100 {
        filter.prepare(&[5.0]);
        filter.prepare(&[f32::NAN]);
        filter.prepare(&[1e30]);
    }
    assert_eq!(filter.admit(&[6.0]), Ok(()));
}

#[test]
fn five_equal_samples_are_stuck_until_another_comes() {
    let mut random = Generator::new(3);
    let mut filter = warm::<f32, 4>(&mut random);
    let mut filter_of_constants = Filter::<2>::new();
    let mut verdicts = vec![];
    for _ in 0..10 {
        verdicts.push(filter_of_constants.admit(&[1.0, 2.0]).is_ok());
    }
    assert_eq!(verdicts, [true, true, true, true, false, false, false, false, false, false]);
    assert_eq!(filter_of_constants.admit(&[1.0, 2.5]), Ok(()));
    assert_eq!(filter_of_constants.admit(&[1.0, 2.5]), Ok(()));

    let x = noise::<f32, 4>(&mut random);
    let stuck = (0..100).filter(|_| filter.admit(&x) == Err(Rejected::Stuck)).count();
    assert!((96..=98).contains(&stuck), "{stuck}");
    for _ in 0..100 {
        assert_eq!(filter.admit(&noise::<f32, 4>(&mut random)), Ok(()));
    }
}

#[test]
fn a_fifth_of_the_features_may_be_stuck_but_not_more() {
    let mut random = Generator::new(4);
    for (stuck, rejected) in [(2, false), (3, true)] {
        let mut filter = warm::<f32, 10>(&mut random);
        let mut any = false;
        for _ in 0..50 {
            let mut x = noise::<f32, 10>(&mut random);
            x[..stuck].fill(0.25);
            any |= filter.admit(&x) == Err(Rejected::Stuck);
        }
        assert_eq!(any, rejected, "{stuck} of 10");
    }
}

/// Inputs that repeat nine times of ten by nature are not taken for stuck, except by chance.
#[test]
fn what_rarely_changes_may_go_on_so() {
    let mut random = Generator::new(5);
    let mut filter = Filter::<10>::new();
    let mut x = noise::<f32, 10>(&mut random);
    let mut rejected = 0;
    for _ in 0..20_000 {
        for x in &mut x {
            if random.below(10) == 0 {
                *x = random.signed_unit();
            }
        }
        x[0] = random.signed_unit(); // or a whole sample may well repeat
        rejected += u32::from(filter.admit(&x).is_err());
    }
    assert!(rejected < 20, "{rejected} of 20000");
}
