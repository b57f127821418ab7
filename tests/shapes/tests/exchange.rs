//! The format is that of the crate `safetensors`, which has written it first: each reads what the other writes.

use downhill::import::{Extra, load, save};
use downhill::init::{Generator, Xavier};
use downhill::{Biased, Dense, Dropout, Infer, Layer, Relu, Softmax, Tanh, Unbiased, Zero};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

type Net = (Dense<5, 7, Tanh>, Dropout<7>, (Dense<7, 3, Relu, Unbiased>, Dense<3, 2, Softmax>));
type Double = (Dense<3, 1, Relu, Biased, f64>,);

/// The tensors of a network: name, number type, sizes, bytes.
fn tensors<N: Infer>(network: &N) -> Vec<(String, Dtype, Vec<usize>, Vec<u8>)> {
    let dtype = if size_of::<N::Scalar>() == 4 { Dtype::F32 } else { Dtype::F64 };
    let mut all = Vec::new();
    network.tensors(&mut |tensor| {
        let bits = tensor.data.iter().map(|&number| downhill::Scalar::bits(number));
        let bytes = bits.flat_map(|bits| bits.to_le_bytes().into_iter().take(size_of::<N::Scalar>())).collect();
        all.push((tensor.name.to_string(), dtype, tensor.shape.to_vec(), bytes));
    });
    all
}

fn both_ways<N: Layer + Zero + PartialEq>() {
    let mut network = N::ZERO;
    network.initialize(&mut Xavier(Generator::new(1)));
    let ours = tensors(&network);

    let mut file = Vec::new();
    let extra = Extra { network: Some("a \"network\""), ..Extra::NONE };
    save(&network, extra, &mut |bytes| file.extend(bytes)).unwrap();
    let read = SafeTensors::deserialize(&file).unwrap();
    assert_eq!(read.len(), ours.len());
    for (name, dtype, shape, bytes) in &ours {
        let tensor = read.tensor(name).unwrap();
        assert_eq!(
            (tensor.dtype(), tensor.shape(), tensor.data()),
            (*dtype, shape.as_slice(), bytes.as_slice()),
            "{name}"
        );
    }
    let (_, header) = SafeTensors::read_metadata(&file).unwrap();
    let metadata = header.metadata().as_ref().unwrap();
    assert_eq!(metadata["network"], "a \"network\"");
    assert_eq!(metadata["architecture"], format!("{:016x}", N::ARCHITECTURE.fingerprint()));

    // In their order, which is another, with their spaces and metadata.
    let views =
        ours.iter().map(|(name, dtype, shape, bytes)| (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    let file = serialize(views, Some(metadata.clone())).unwrap();
    let mut other = N::ZERO;
    load(&mut other, &file).unwrap();
    assert!(other == network);
}

#[test]
fn both_read_what_the_other_writes() {
    both_ways::<Net>();
    both_ways::<Double>();
}
