//! A reference to a layer can't be read from a file.
use downhill::{Dense, Frozen, import};

static NET: (Frozen<&'static Dense<4, 3>>, Dense<3, 2>) = import!("../data/import/right.safetensors");

fn main() {
    let _ = &NET;
}
