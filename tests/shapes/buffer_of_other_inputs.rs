//! A buffer keeps the samples that its learner takes: here steps of channels, where the network takes a vector.
use downhill::replay::{Buffer, Class, Codes, Fifo, Rehearsal};
use downhill::{CrossEntropy, Dense, Learner, Sgd, Softmax, Trainer};

type Kept = Buffer<Codes<[[f32; 3]; 2], 8, 6, 3>, Class, Fifo, 9>;

fn main() {
    let mut learner = Rehearsal::<Trainer<Dense<6, 2, Softmax>, CrossEntropy, Sgd>, Kept>::new(1);
    learner.predict(&[0.0; 6]);
}
