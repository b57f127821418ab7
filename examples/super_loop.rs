//! A plain super-loop: between the pieces of a training step it looks after a serial port and a watchdog, on real
//! data, handwritten digits: `cargo run --release --example super_loop`.

#[macro_use]
#[path = "common/out.rs"]
mod out;
#[path = "../tests/common/mod.rs"]
mod data;

use std::error::Error;

use downhill::init::{Generator, TruncatedNormal};
use downhill::pieces::Progress;
use downhill::{Dense, Sgd, SquaredError, Trainer, digest, encode};

type Digits = Trainer<(Dense<64, 32>, Dense<32, 10>), SquaredError, Sgd>;

/// What a call may do: on a Cortex-M4F some 1,500 instructions, where a whole step takes 18,000.
const MACS: usize = 300;

/// What else the device does.
#[derive(Default)]
struct Duties {
    /// Bytes that wait to be sent.
    unsent: Vec<u8>,
    sent: usize,
    feedings: u32,
}

impl Duties {
    /// Must be called again soon, or bytes are late and the watchdog resets the device.
    fn poll(&mut self) {
        self.feedings += 1;
        if let Some(byte) = self.unsent.pop() {
            self.sent += usize::from(byte != 0);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let samples: Vec<([f32; 64], usize)> = data::samples("digits/train.csv")
        .into_iter()
        .map(|(pixels, class): ([u8; 64], usize)| (pixels.map(|pixel| encode::scaled(pixel.into(), 16.0)), class))
        .collect();
    let start = |trainer: &mut Digits| trainer.start(Sgd::new(0.3), &mut TruncatedNormal(Generator::new(1)));
    let mut trainer = Digits::new();
    start(&mut trainer);

    let mut duties = Duties::default();
    let (mut calls, mut largest) = (0, 0);
    for epoch in 1..=5 {
        let mut losses = 0.0;
        for (x, class) in &samples {
            let target = encode::targets(*class).ok_or("a class is above 9")?;
            let mut step = trainer.step_in_pieces(x, &target);
            losses += loop {
                let progress = step.run(MACS)?;
                duties.poll();
                calls += 1;
                largest = largest.max(step.spent());
                if let Progress::Done(loss) = progress {
                    break loss;
                }
            };
        }
        #[allow(clippy::cast_precision_loss)]
        let line = format!("epoch {epoch}   mean loss {:.4}\n", losses / samples.len() as f32);
        print!("{line}");
        duties.unsent.extend(line.bytes().rev());
    }

    println!("{calls} calls for {} steps, the largest of {largest} MACs", 5 * samples.len());
    println!("between them {} bytes were sent, and the watchdog was fed {} times", duties.sent, duties.feedings);
    assert!(largest <= MACS.max(Digits::LARGEST_PIECE));

    let mut uninterrupted = Digits::new();
    start(&mut uninterrupted);
    for (x, class) in samples.iter().cycle().take(5 * samples.len()) {
        uninterrupted.step(x, &encode::targets(*class).ok_or("a class is above 9")?)?;
    }
    let (a, b) = (digest(&trainer.network), digest(&uninterrupted.network));
    println!("digest {a:016x}, uninterrupted {b:016x}");
    assert_eq!(a, b);
    Ok(())
}
