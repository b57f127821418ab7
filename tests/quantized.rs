//! Integer inference: bit for bit what the reference kernels of a `TFLite` runtime give (`data/quantized/generate.py`).

use downhill::Storable;
use downhill::init::{Generator, Random};
use downhill::quantized::{
    Clamp, Dense, Double, Layer, Multiplier, PerChannel, PerTensor, Quantization, Rounding, Single, Softmax, Table,
};

const REFERENCE: &str = include_str!("data/quantized/reference.txt");

/// The rows that begin so, in fields, without their beginning.
fn rows(beginning: &str) -> Vec<Vec<&'static str>> {
    let rows = REFERENCE.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let rows: Vec<_> = rows.filter(|row| row[0] == beginning).map(|row| row[1..].to_vec()).collect();
    assert!(!rows.is_empty());
    rows
}

fn clamp(name: &str) -> Clamp {
    match name {
        "none" => Clamp::None,
        "relu" => Clamp::Relu,
        "relu6" => Clamp::Relu6,
        "unit" => Clamp::Unit,
        other => panic!("{other}"),
    }
}

fn quantization(scale: &str, zero_point: &str) -> Quantization {
    Quantization::new(scale.parse().unwrap(), zero_point.parse().unwrap())
}

fn scales<const O: usize>(text: &str) -> [f32; O] {
    let scales: Vec<f32> = text.split(',').map(|scale| scale.parse().unwrap()).collect();
    scales.try_into().unwrap()
}

fn bytes<const N: usize>(random: &mut Generator) -> [i8; N] {
    std::array::from_fn(|_| random.next_u32().to_le_bytes()[3].cast_signed())
}

/// Draws weights and biases as `generate.py` does.
fn parameters<const I: usize, const O: usize>(random: &mut Generator) -> ([[i8; I]; O], [i32; O]) {
    let weights = std::array::from_fn(|_| bytes::<I>(random).map(|weight| weight.max(-127)));
    (weights, std::array::from_fn(|_| (random.next_u32() >> 17).cast_signed() - 16384))
}

/// FNV-1a of the outputs for that many random inputs.
fn hash<L: Layer<Input = [i8; I], Output = [i8; O]>, const I: usize, const O: usize>(
    layer: &L,
    vectors: usize,
    mut random: Generator,
) -> String {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for _ in 0..vectors {
        for y in layer.predict(&bytes(&mut random)) {
            hash = (hash ^ u64::from(y.cast_unsigned())).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    format!("{hash:016x}")
}

fn skip(random: &mut Generator, numbers: usize) {
    for _ in 0..numbers {
        random.next_u32();
    }
}

fn dense<const I: usize, const O: usize>(row: &[&str]) -> usize {
    let &[seed, _, _, fused, vectors, x_scale, x_zero, ws, scale, zero, single, double, _] = row else {
        panic!("{row:?}")
    };
    let mut random = Generator::new(seed.parse().unwrap());
    let (weights, biases) = parameters::<I, O>(&mut random);
    let (x, y, fused) = (quantization(x_scale, x_zero), quantization(scale, zero), clamp(fused));
    let vectors = vectors.parse().unwrap();
    let count = ws.split(',').count();
    skip(&mut random, 4 + count);
    if count == 1 {
        let [w] = scales(ws);
        let layer = Dense::<I, O, PerTensor, Single>::per_tensor(weights, biases, w, (x, y), fused);
        assert_eq!(hash(&layer, vectors, random), single, "{row:?}");
        let layer = Dense::<I, O, PerTensor, Double>::per_tensor(weights, biases, w, (x, y), fused);
        assert_eq!(hash(&layer, vectors, random), double, "{row:?}");
    }
    if count == O {
        let layer = Dense::<I, O, PerChannel, Single>::per_channel(weights, biases, scales(ws), (x, y), fused);
        assert_eq!(hash(&layer, vectors, random), single, "{row:?}");
        let layer = Dense::<I, O, PerChannel, Double>::per_channel(weights, biases, scales(ws), (x, y), fused);
        assert_eq!(hash(&layer, vectors, random), double, "{row:?}");
        assert_eq!(layer.weight(O - 1, I - 1), Some(weights[O - 1][I - 1]));
        assert_eq!((layer.weight(O, 0), layer.weight(0, I)), (None, None));
    }
    vectors
}

#[test]
fn dense_layers_equal_the_reference_kernels() {
    let (mut vectors, mut differ) = ([0; 2], 0);
    for row in rows("dense") {
        let done = match (row[1], row[2]) {
            ("64", "32") => dense::<64, 32>(&row),
            ("32", "10") => dense::<32, 10>(&row),
            ("7", "3") => dense::<7, 3>(&row),
            ("784", "20") => dense::<784, 20>(&row),
            ("1", "1") => dense::<1, 1>(&row),
            ("5", "9") => dense::<5, 9>(&row),
            other => panic!("{other:?}"),
        };
        vectors[usize::from(row[7].contains(','))] += done;
        differ += row[12].parse::<usize>().unwrap();
    }
    assert!(vectors[0] >= 10_000 && vectors[1] >= 10_000, "{vectors:?}");
    assert!(differ > 100, "two roundings are not told from one");
}

/// Calls a macro with the size that is a number in a string.
macro_rules! sized {
    ($size:expr, $call:ident: $($n:literal)*) => {
        match $size {
            $(stringify!($n) => $call!($n),)*
            other => panic!("{other}"),
        }
    };
}

#[test]
fn activations_equal_the_reference_kernels() {
    for name in ["sigmoid", "tanh", "softmax"] {
        let mut all = 0;
        for row in rows(name) {
            let &[seed, size, vectors, scale, zero, expected] = &row[..] else { panic!("{row:?}") };
            let mut random = Generator::new(seed.parse().unwrap());
            skip(&mut random, 2);
            let (x, vectors) = (quantization(scale, zero), vectors.parse().unwrap());
            all += vectors;
            macro_rules! table {
                ($n:literal) => {
                    if name == "tanh" {
                        hash(&Table::<$n>::tanh(x), vectors, random)
                    } else {
                        hash(&Table::<$n>::sigmoid(x), vectors, random)
                    }
                };
            }
            macro_rules! softmax {
                ($n:literal) => {
                    hash(&Softmax::<$n>::new(x), vectors, random)
                };
            }
            let found =
                if name == "softmax" { sized!(size, softmax: 2 3 10 16 100 511) } else { sized!(size, table: 256) };
            assert_eq!(found, expected, "{name} {row:?}");
        }
        assert!(all >= 10_000);
    }
}

/// A dense layer from the next three fields.
fn next<const I: usize, const O: usize>(
    (random, fields): (&mut Generator, &mut std::slice::Iter<&str>),
    x: Quantization,
    fused: Clamp,
) -> (Dense<I, O>, Quantization) {
    let (weights, biases) = parameters(random);
    skip(random, O + 2);
    let [ws, scale, zero] = std::array::from_fn(|_| *fields.next().unwrap());
    let y = quantization(scale, zero);
    (Dense::per_channel(weights, biases, scales(ws), (x, y), fused), y)
}

#[test]
fn networks_equal_the_reference_kernels() {
    let mut names = vec![];
    for row in rows("network") {
        let mut fields = row.iter();
        let [name, seed, vectors, scale, zero] = std::array::from_fn(|_| *fields.next().unwrap());
        let mut random = Generator::new(seed.parse().unwrap());
        skip(&mut random, 2);
        let (x, vectors) = (quantization(scale, zero), vectors.parse().unwrap());
        assert!(vectors >= 10_000);
        let found = match name {
            "digits" => {
                let (first, y) = next::<64, 32>((&mut random, &mut fields), x, Clamp::Relu);
                let (second, y) = next::<32, 10>((&mut random, &mut fields), y, Clamp::None);
                hash(&(first, second, Softmax::new(y)), vectors, random)
            }
            "deep" => {
                let (first, y) = next::<20, 16>((&mut random, &mut fields), x, Clamp::None);
                let sigmoid = Table::sigmoid(y);
                let (second, y) = next::<16, 8>((&mut random, &mut fields), Quantization::UNIT, Clamp::None);
                let tanh = Table::tanh(y);
                let (third, y) = next::<8, 3>((&mut random, &mut fields), Quantization::SIGNED_UNIT, Clamp::None);
                hash(&((first, sigmoid), (second, tanh), (third, Table::sigmoid(y))), vectors, random)
            }
            "wide" => {
                let (first, y) = next::<128, 40>((&mut random, &mut fields), x, Clamp::Relu6);
                let (second, y) = next::<40, 12>((&mut random, &mut fields), y, Clamp::Unit);
                let (third, _) = next::<12, 128>((&mut random, &mut fields), y, Clamp::None);
                hash(&(first, second, third), vectors, random)
            }
            other => panic!("{other}"),
        };
        assert_eq!(found, *fields.next().unwrap(), "{name}");
        names.push(name);
    }
    assert_eq!(names, ["digits", "deep", "wide"]);
}

/// Both roundings by their formulas, in integers of 128 bits, which hold everything.
#[test]
fn multiplications_equal_their_formulas() {
    let mut random = Generator::new(1);
    let cut = |x: i128| i32::try_from(x.clamp(i32::MIN.into(), i32::MAX.into())).unwrap();
    for round in 0..2_000_000_u32 {
        let x = random.next_u32().cast_signed() >> (random.next_u32() % 32);
        let x = if round % 50 == 0 { [i32::MIN, i32::MAX, 0, -1, 1][round as usize / 50 % 5] } else { x };
        let mantissa = i32::try_from((random.next_u32() >> 2) + (1 << 30)).unwrap();
        let shift = i8::try_from(random.next_u32() % 62).unwrap() - 31;
        let multiplier = Multiplier { mantissa, shift };
        let product = i128::from(x) * i128::from(mantissa);
        let total = 31 - i32::from(shift);
        assert_eq!(Single::multiply(x, multiplier), cut((product + (1 << (total - 1))) >> total), "{x} {multiplier:?}");
        let shifted = i128::from(cut(i128::from(x) << shift.max(0)));
        let high = i128::from(cut((shifted * i128::from(mantissa) + (1 << 30)) >> 31));
        let divisor = 1_i128 << (-shift).max(0);
        // Halves away from 0: the magnitude, rounded up.
        let double = high.signum() * ((2 * high.abs() + divisor) / (2 * divisor));
        assert_eq!(Double::multiply(x, multiplier), cut(double), "{x} {multiplier:?}");
    }
}

#[test]
fn any_bytes_can_be_loaded_and_run() {
    type Net = ((Dense<9, 6>, Table<6>), (Dense<6, 5, PerTensor, Double>, Softmax<5>));
    let mut network = <Net as downhill::Zero>::ZERO;
    let mut random = Generator::new(3);
    for _ in 0..20_000 {
        let image: [u8; Net::SIZE] = std::array::from_fn(|_| random.next_u32().to_le_bytes()[3]);
        network.from_bytes(&image).unwrap();
        network.predict(&bytes(&mut random));
        let mut back = [0; Net::SIZE];
        network.to_bytes(&mut back).unwrap();
        assert_eq!(back, image);
        let input = image.first_chunk::<{ Quantization::SIZE }>().unwrap();
        let mut q = Quantization::UNIT;
        q.from_bytes(input).unwrap();
        let _ = q.quantized(f32::from_bits(random.next_u32()));
        let _ = q.real(image[0].cast_signed());
    }
}

/// Sums that do not fit into 32 bits are the nearest that do, in each way to make a layer, and where it adds.
#[test]
fn sums_saturate() {
    // What is added to the products is b - x0 W = b + 128 127, and the products are 127 127.
    let (x, y) = (Quantization::new(1.0, -128), Quantization::new(1.0, 0));
    let least = 1.0 / 16_777_216.0;
    let layer = |bias, weight| Dense::<1, 1>::per_channel([[weight]], [bias], [least], (x, y), Clamp::None);
    assert_eq!(layer(i32::MAX, 127).predict(&[127]), [127]);
    assert_eq!(layer(i32::MIN, -127).predict(&[127]), [-128]);
    // Exact up to there, and saturated by the products alone.
    assert_eq!(layer(i32::MAX - 128 * 127, 127).predict(&[127]), [127]);
    assert_eq!(layer(i32::MIN + 128 * 127, -127).predict(&[127]), [-128]);
}

/// The least scale of inputs is a softmax of equal values.
#[test]
fn a_softmax_takes_any_scale() {
    for scale in [0.0, 1e-8, 1e-7, 3e9] {
        let softmax = Softmax::<2>::new(Quantization::new(scale, 0));
        let expected = if scale < 1.0 { [-1, 0] } else { [-128, 127] };
        let found = softmax.predict(&[-128, 127]);
        assert!(found.iter().zip(expected).all(|(a, b)| (i32::from(*a) - b).abs() <= 1), "{scale}: {found:?}");
    }
}

/// The quotient in `f64`, halves away from 0.
#[test]
fn numbers_are_quantised_to_the_nearest() {
    let mut random = Generator::new(4);
    for round in 0..1_000_000_u32 {
        let scale = f32::from_bits((random.next_u32() >> 9) + ((100 + random.next_u32() % 57) << 23));
        let zero_point = bytes::<1>(&mut random)[0];
        let q = Quantization::new(scale, zero_point);
        #[allow(clippy::cast_precision_loss)]
        let x = scale * ((random.next_u32() % 6000) as f32 / 10.0 - 300.0);
        let x = match round % 100 {
            0 => f32::from_bits(random.next_u32()),
            1 => x * 1e-20,
            _ => x,
        };
        if x.is_nan() {
            continue;
        }
        let quotient = f64::from(x) / f64::from(scale);
        let expected = (quotient.round().clamp(-1000.0, 1000.0) + f64::from(zero_point)).clamp(-128.0, 127.0);
        let found = f64::from(q.quantized(x));
        let near_half = (quotient.abs().fract() - 0.5).abs() < 1e-7;
        assert!(
            (found - expected).abs() <= f64::from(u8::from(near_half)),
            "{x} {scale} {zero_point}: {found} {expected}"
        );
    }
}
