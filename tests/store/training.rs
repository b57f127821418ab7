//! A training that is saved, cut and restored goes on with the same bits.

use downhill::init::{Generator, He};
use downhill::store::Store;
use downhill::{Adam, Checkpoint, CrossEntropy, Dense, Relu, Softmax, Trainer, digest};

use super::flash::{Flash, TORN};

type Net = (Dense<4, 8, Relu>, Dense<8, 3, Softmax>);
type Learning = Trainer<Net, CrossEntropy, Adam>;
const IMAGE: usize = <(&mut Learning, &mut u64) as Checkpoint>::IMAGE;
const END: u32 = 4 * 4096;

/// Steps up to this one.
fn learn(trainer: &mut Learning, steps: &mut u64, end: u64) {
    while *steps < end {
        let x = f32::from((*steps % 7) as u8) / 7.0;
        let target = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]][(*steps % 3) as usize];
        trainer.step(&[x, 1.0 - x, x * x, 0.5], &target).unwrap();
        *steps += 1;
    }
}

fn start(trainer: &mut Learning) {
    trainer.start(Adam::new(0.01), &mut He(Generator::new(1)));
}

fn image(trainer: &mut Learning, steps: &mut u64) -> Vec<u8> {
    let mut image = vec![0; IMAGE];
    (trainer, steps).save(&mut image).unwrap();
    image
}

/// Saves every ten steps; every save but each fifth is cut, at another operation each time, and the device starts anew.
#[test]
fn training_goes_on_with_the_same_bits() {
    let (mut whole, mut steps) = (Learning::new(), 0);
    start(&mut whole);
    learn(&mut whole, &mut steps, 1000);
    let expected = (image(&mut whole, &mut steps), digest(&whole.network));

    let mut flash = Flash::<4, 4096>::new(4);
    let (mut boots, mut back, mut last) = (0, 0, 0);
    loop {
        let (mut trainer, mut steps) = (Learning::new(), 0_u64);
        let mut store = Store::<_>::new(&mut flash, 0..END, IMAGE).unwrap();
        let _ = store.load_or(&mut (&mut trainer, &mut steps), |saved| start(saved.0));
        assert!(steps >= last, "{steps} steps were restored, {last} were saved");
        boots += 1;
        if steps >= 1000 {
            assert!((image(&mut trainer, &mut steps), digest(&trainer.network)) == expected);
            break;
        }
        let end = (steps / 10 + 1) * 10;
        learn(&mut trainer, &mut steps, end);
        if boots % 5 != 0 {
            flash.cut_after(boots * 37 % 280, TORN[boots as usize % 4]);
        }
        let mut store = Store::<_>::new(&mut flash, 0..END, IMAGE).unwrap();
        match store.save(&(&mut trainer, &mut steps)) {
            Ok(_) => last = steps,
            Err(_) => back += 1,
        }
        flash.boot(u64::from(boots));
    }
    println!("{boots} boots, {back} saves were cut");
    assert!(back > 100);
}
