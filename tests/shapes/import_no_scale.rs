//! A scale of the weights of a network of integers is 0.
use downhill::import;
use downhill::quantized::{Dense, Network, PerTensor, Softmax, Table};

type Net = Network<(Dense<2, 3>, Table<3>, Dense<3, 2, PerTensor>, Softmax<2>)>;
static NET: Net = import!("../data/quantized/no_scale.safetensors");

fn main() {
    let _ = &NET;
}
