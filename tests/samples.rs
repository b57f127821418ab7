//! Where samples come from: slices, parts, other forms, streams.

#[path = "fit/watch.rs"]
mod watch;

use downhill::fit::{Data, FitError, epoch, evaluate, shuffled_epoch};
use downhill::metrics::Argmax;
use downhill::schedule::Constant;
use downhill::{Fit, Samples, StepError, digest, encode};
use watch::{Iris, NONE, data, on, plain, room, train};

#[test]
fn parts_are_disjoint_and_complete() {
    for len in [0, 1, 2, 5, 105] {
        let samples: Vec<(usize, ())> = (0..len).map(|index| (index, ())).collect();
        for count in [0, 1, 3, len / 5, len, len + 1] {
            for seed in [0, 1, 2] {
                let (train, validation) = samples.hold_out(count, seed);
                assert_eq!(validation.len(), count.min(len));
                assert_eq!(train.len(), len - validation.len());
                assert_eq!(train.is_empty(), train.len() == 0);
                let mut all: Vec<usize> = Vec::new();
                for part in [&train, &validation] {
                    for index in 0..part.len() {
                        let sample = part.with(index, |&x, ()| x).unwrap();
                        assert_eq!(part.index(index), Some(sample));
                        all.push(sample);
                    }
                    assert_eq!(part.with(part.len(), |_, ()| ()), None);
                    assert_eq!(part.index(usize::MAX), None);
                }
                all.sort_unstable();
                assert!(all.into_iter().eq(0..len));
            }
        }
    }
    let indices = |seed| {
        let samples: Vec<([f32; 4], [f32; 3])> = train();
        let part = samples.hold_out(21, seed).1;
        (0..21).map(|index| part.index(index).unwrap()).collect::<Vec<usize>>()
    };
    assert_eq!(indices(1), indices(1));
    assert_ne!(indices(1), indices(2));
    // All three classes, which lie in the file one after the other or not.
    let classes: Vec<usize> = indices(1).into_iter().map(|index| encode::class(&train()[index].1).unwrap()).collect();
    assert!((0..3).all(|class| classes.contains(&class)), "{classes:?}");
}

#[test]
fn sources_agree() {
    let train = train();
    let (x, targets): (Vec<[f32; 4]>, Vec<[f32; 3]>) = train.iter().copied().unzip();
    let raw = data::samples::<f32, usize, 4>("iris/train.csv");
    let mapped = raw.mapped(|x, &class| Some((x.map(|x| x / 8.0), encode::one_hot(class)?)));
    let array: [Iris; 105] = train.clone().try_into().unwrap();
    let fit = Fit::new(3, Constant(0.3));

    let mut from_slice = plain(1);
    fit.run(&mut from_slice, Data::new(&train[..]), on).unwrap();
    let expected = digest(&from_slice.network);
    let mut other = plain(1);
    fit.run(&mut other, Data::new(&(&x[..], &targets[..])), on).unwrap();
    assert_eq!(digest(&other.network), expected);
    let mut other = plain(1);
    fit.run(&mut other, Data::new(&mapped), on).unwrap();
    assert_eq!(digest(&other.network), expected);
    let mut other = plain(1);
    fit.run(&mut other, Data::new(&array), on).unwrap();
    assert_eq!(digest(&other.network), expected);
    // The longer of two slices is cut.
    assert_eq!((&x[..], &targets[..7]).len(), 7);
    assert_eq!((&x[..], &targets[..7]).with(7, |_, _| ()), None);
}

#[test]
fn streams_keep_their_order() {
    let train = train();
    let mut by_hand = plain(1);
    for _ in 0..3 {
        for (x, target) in train.iter().skip(5) {
            by_hand.step(x, target).unwrap();
        }
    }
    let fit = Fit::new(3, Constant(1.0));
    let mut borrowed = plain(1);
    fit.run(&mut borrowed, Data::stream(|_| train.iter().skip(5)), on).unwrap();
    assert_eq!(digest(&borrowed.network), digest(&by_hand.network));
    let (mut owned, mut numbers) = (plain(1), Vec::new());
    let sensor = |number| {
        numbers.push(number);
        train.clone().into_iter().skip(5)
    };
    let outcome = fit.run(&mut owned, Data::stream(sensor).validated_on(&train[..5]).keeping(&mut room()), on).unwrap();
    assert_eq!(numbers, [0, 1, 2]);
    assert!(outcome.best.unwrap().validation.loss.is_finite());

    // It runs dry.
    let mut dry = plain(1);
    let result = fit.run(&mut dry, Data::stream(|epoch| train.iter().take(if epoch < 2 { 9 } else { 0 })), on);
    assert_eq!(result, Err(FitError::NoSamples));
    assert_eq!(fit.run(&mut dry, Data::new(NONE), on), Err(FitError::NoSamples));

    // A bad sample is named by its place.
    let mut bad = train.clone();
    bad[17].0[2] = f32::INFINITY;
    assert_eq!(epoch(&mut plain(1), &bad), Err(FitError::Step(17, StepError::Input)));
}

#[test]
fn samples_that_cant_be_read() {
    let raw = data::samples::<f32, usize, 4>("iris/train.csv");
    let holes = raw.mapped(|x, &class| {
        (x[0].to_bits() != raw[33].0[0].to_bits()).then_some((*x, [0.1, 0.2, f32::from(class == 0)]))
    });
    let mut trainer = plain(1);
    let result = shuffled_epoch(&mut trainer, &holes, 1);
    let Err(FitError::Unreadable(index)) = result else { panic!("{result:?}") };
    assert_eq!(raw[index].0[0].to_bits(), raw[33].0[0].to_bits());
    assert!(matches!(evaluate(&mut trainer, &holes, Argmax), Err(FitError::Unreadable(_))));
}

/// Inputs and targets may lie apart, each in an array, a vector or a slice, owned or borrowed.
#[test]
fn owners_may_differ() {
    fn look<S: Samples<Input = [f32; 1], Target = u8> + ?Sized>(samples: &S) -> (usize, Option<(f32, u8)>) {
        (samples.len(), samples.with(1, |x, &target| (x[0], target)))
    }
    let expected = (2, Some((0.2, 7)));
    let (array, vector, targets) = ([[0.1], [0.2], [0.3]], vec![[0.1], [0.2]], [9, 7]);
    let paired: Vec<([f32; 1], u8)> = vector.iter().copied().zip(targets).collect();
    assert_eq!(look(&(array, targets)), expected);
    assert_eq!(look(&(&array, &targets)), expected);
    assert_eq!(look(&(&vector[..], &targets)), expected);
    assert_eq!(look(&(&vector[..], &targets[..])), expected);
    assert_eq!(look(&(&array, &&targets)), expected);
    assert_eq!(look(&paired[..]), expected);
    assert_eq!(look(&&paired[..]), expected);
    assert_eq!(look(&(&array, targets).mapped(|x, &target| Some((*x, target)))), expected);

    // A reference keeps the weights.
    let weighted = paired.weighted(|_, _, _| 0.5);
    assert_eq!(Samples::with_weight(&&weighted, 1, |_, _, weight| weight), Some(Some(0.5)));
}

/// Samples that become fewer while they are divided: no part is larger than what there was.
#[test]
fn parts_of_fewer_and_fewer() {
    struct Shrinking(std::cell::Cell<usize>);
    impl Samples for Shrinking {
        type Input = ();
        type Target = ();

        fn len(&self) -> usize {
            self.0.replace(self.0.get() / 2)
        }

        fn with<R>(&self, _: usize, then: impl FnOnce(&(), &()) -> R) -> Option<R> {
            Some(then(&(), &()))
        }
    }
    for len in [100, usize::MAX] {
        let samples = Shrinking(len.into());
        let (train, validation) = samples.hold_out(10, 1);
        assert_eq!((train.len(), validation.len()), (len - 10, 10));
        assert!(validation.index(9).is_some_and(|index| index < len));
        assert_eq!((validation.index(10), validation.index(usize::MAX)), (None, None));
    }
}
