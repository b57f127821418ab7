//! A tensor of other sizes, and one that the file has not.
use downhill::import;

static MEAN: [f32; 3] = import!("../data/import/right.safetensors", "standardizer.mean");
static SCALES: [f32; 4] = import!("../data/import/right.safetensors", "standardizer.scales");

fn main() {
    let _ = (&MEAN, &SCALES);
}
