//! What learns from streams, to the last bit of all that it keeps: with a committee that scales, averages and rehearses; with a
//! buffer of images; with a guard.

#[allow(dead_code)] // `One`, of the example
#[path = "../../examples/common/streams.rs"]
mod streams;

use downhill::guard::{Event, Guard, Settings};
use downhill::init::{Generator, Xavier};
use downhill::replay::{Balanced, Buffer, Class, Codes, Rehearsal};
use downhill::scaler::{Scaling, Standardizer};
use downhill::{CrossEntropy, Dense, Learner, Samples, Sgd, Softmax, StepError, Storable, Tanh, Trainer, encode};

use crate::workloads::{Digit, Workload};

/// Of a website: nine properties, and whether it is one to steal passwords.
pub type Site = ([f32; 9], usize);

/// FNV-1a of all that a learner keeps.
fn digest(learner: &impl Storable) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325;
    learner.store(&mut |bytes| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    });
    hash
}

pub type Stream = streams::Many<9, 2>;

/// 300 samples, predicted before they are learnt from.
pub const STREAM: Workload<Stream, [Site]> = Workload {
    name: "stream",
    golden: 0xd9ad_0f26_268d_656c,
    train: |learner, sites| {
        streams::start(learner, 1);
        let mut right: u32 = 0;
        for (x, class) in sites.iter().take(300) {
            learner.observe(x);
            right += u32::from(encode::class(&learner.predict(x)) == Some(*class));
            learner.learn(x, &encode::one_hot(*class).ok_or(StepError::Target)?, None)?;
        }
        assert!(right > 240, "{right} of 300 are right");
        Ok(digest(learner))
    },
};

/// 1 KB of images, two bits a pixel.
type Images = Buffer<Codes<[f32; 64], 2, 16>, Class, Balanced<10>, 60>;
pub type Forgetting = Rehearsal<Trainer<(Dense<64, 32, Tanh>, Dense<32, 10, Softmax>), CrossEntropy, Sgd>, Images>;

/// Two digits after the other, 30 images of each task, and five passes over the buffer at the end of each.
pub const FORGETTING: Workload<Forgetting, [Digit]> = Workload {
    name: "forgetting",
    golden: 0x4c9e_2c4a_5772_d689,
    train: |learner, digits| {
        learner.seed(1);
        learner.replays = 1;
        learner.learner.start(Sgd::new(0.02), &mut Xavier(Generator::new(1)));
        for task in 0..5 {
            for (pixels, class) in digits.iter().filter(|(_, class)| class / 2 == task).take(30) {
                let x = pixels.map(|pixel| f32::from(pixel) / 8.0 - 1.0);
                learner.step(&x, &encode::one_hot(*class).ok_or(StepError::Target)?, None)?;
            }
            learner.replay_all(5);
        }
        Ok(digest(learner))
    },
};

type Raw = Scaling<Trainer<(Dense<9, 8, Tanh>, Dense<8, 2, Softmax>), CrossEntropy, Sgd>, Standardizer<9>>;
pub type Guarded = Guard<Raw, 9>;

/// A network from 100 samples, then 300 of a stream whose labels are wrong for a while, with a sample that is broken now and then.
pub const GUARD: Workload<Guarded, [Site]> = Workload {
    name: "guard",
    golden: 0x1850_9ac7_6147_efd7,
    train: |guard, sites| {
        let (factory, stream) = sites.split_at(100);
        let target = |class: usize| encode::one_hot::<f32, 2>(class).ok_or(StepError::Target);
        guard.live.scaler = Standardizer::new(1000);
        guard.live.learner.start(Sgd::new(0.05), &mut Xavier(Generator::new(1)));
        for (x, class) in factory.iter().cycle().take(500) {
            guard.live.step(x, &target(*class)?, None)?;
        }
        let samples = factory.mapped(|x, &class| Some((*x, encode::one_hot(class)?)));
        let settings = Settings::new(&samples, &samples);
        guard.start(&settings);
        let mut rejected = 0;
        for (index, (x, class)) in stream.iter().take(300).enumerate() {
            let mut x = *x;
            if index % 50 == 17 {
                x[index % 9] = f32::NAN;
            }
            let class = if (100..200).contains(&index) { 1 - class } else { *class };
            guard.predict(&x);
            rejected += u32::from(matches!(guard.step(&x, &target(class)?, &settings), Event::Rejected(_)));
        }
        assert!(rejected >= 6, "{rejected} samples are rejected");
        Ok(digest(guard))
    },
};
