//! Integer networks from Python: what `downhill.convert_tflite` wrote from the files of `data/quantized` gives the bits of a `TFLite`
//! runtime, and every file with a fault is refused, and named.

use downhill::init::{Generator, Random};
use downhill::quantized::{Dense, Double, Layer, Loadable, Network, PerChannel, PerTensor, Softmax, Table, load};
use downhill::{Storable, Zero};

type Digits = (Dense<64, 32>, Dense<32, 10>, Softmax<10>);
type Deep = (Dense<20, 16>, Table<16>, Dense<16, 8>, Table<8>, Dense<8, 3>, Table<3>);
type Wide = (Dense<128, 40>, Dense<40, 12>, Dense<12, 128>);
type Mixed = (
    (
        Dense<24, 20, PerTensor>,
        Table<20>,
        Dense<20, 12>,
        Dense<12, 9, PerTensor>,
        Table<9>,
        Dense<9, 6>,
        Table<6>,
        Dense<6, 5>,
    ),
    (Softmax<5>,),
);

const REFERENCE: &str = include_str!("data/quantized/reference.txt");
const DIGITS: &[u8] = include_bytes!("data/quantized/digits.safetensors");
const DEEP: &[u8] = include_bytes!("data/quantized/deep.safetensors");
const WIDE: &[u8] = include_bytes!("data/quantized/wide.safetensors");
const MIXED: &[u8] = include_bytes!("data/quantized/mixed.safetensors");

fn loaded<L: Loadable + Zero>(file: &[u8]) -> Network<L> {
    let mut network = <Network<L>>::ZERO;
    load(&mut network, file).unwrap();
    network
}

fn bytes<const N: usize>(random: &mut Generator) -> [i8; N] {
    std::array::from_fn(|_| random.next_u32().to_le_bytes()[3].cast_signed())
}

/// FNV-1a of the outputs for 10,000 random inputs.
fn hash<L: Layer<Input = [i8; I], Output = [i8; O]>, const I: usize, const O: usize>(
    layer: &L,
    random: &mut Generator,
) -> String {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for _ in 0..10_000 {
        for y in layer.predict(&bytes(random)) {
            hash = (hash ^ u64::from(y.cast_unsigned())).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    format!("{hash:016x}")
}

/// The generator of a network's inputs, and the hash of its outputs, from the row of this network. `drawn` numbers were drawn for the
/// network.
fn row(name: &str, drawn: usize) -> (Generator, &'static str) {
    let row = REFERENCE.lines().find(|line| line.split(' ').any(|field| field == name)).unwrap();
    let fields: Vec<_> = row.split(' ').skip_while(|field| *field != name).collect();
    assert_eq!(fields[2], "10000");
    let mut random = Generator::new(fields[1].parse().unwrap());
    (0..drawn).for_each(|_| _ = random.next_u32());
    (random, fields[fields.len() - 2])
}

/// The numbers that `generate.py` draws for dense layers with these inputs and outputs.
fn drawn(layers: &[(usize, usize)]) -> usize {
    2 + layers.iter().map(|(inputs, outputs)| inputs * outputs + 2 * outputs + 2).sum::<usize>()
}

#[test]
fn converted_networks_equal_the_reference_kernels() {
    let (mut random, expected) = row("digits", drawn(&[(64, 32), (32, 10)]));
    assert_eq!(hash(&loaded::<Digits>(DIGITS).layers, &mut random), expected);
    let (mut random, expected) = row("deep", drawn(&[(20, 16), (16, 8), (8, 3)]));
    assert_eq!(hash(&loaded::<Deep>(DEEP).layers, &mut random), expected);
    let (mut random, expected) = row("wide", drawn(&[(128, 40), (40, 12), (12, 128)]));
    assert_eq!(hash(&loaded::<Wide>(WIDE).layers, &mut random), expected);
    let (mut random, expected) = row("mixed", 0);
    assert_eq!(hash(&loaded::<Mixed>(MIXED).layers, &mut random), expected);
}
