//! A weight is NaN.
use downhill::{Dense, Dropout, Ratio, Softmax, Tanh, import};

type Net = (Dense<4, 3, Tanh>, Dropout<3, Ratio<1, 4>>, Dense<3, 2, Softmax>);
static NET: Net = import!("../data/import/not_finite.safetensors");

fn main() {
    let _ = &NET;
}
