//! The parameters of a network as tensors, with names and shapes.

use core::fmt;

/// A tensor of a network. `D` is its data, `&[T]` or `&mut [T]`, in row-major order: the last index of
/// [`shape`](Tensor::shape) changes fastest.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Tensor<'a, D> {
    /// Unique in the network: `0.weight` is the weight of the first layer of a tuple.
    pub name: Name<'a>,
    /// The sizes, outermost first. A dense layer's weights are `[inputs, outputs]`.
    pub shape: &'a [usize],
    /// Its role in the layer.
    pub role: Role,
    /// Whether steps change it.
    pub learns: bool,
    /// The numbers.
    pub data: D,
}

impl<'a, D> Tensor<'a, D> {
    /// A tensor that learns. `name` is unique within its layer; `weight` and `bias` are usual.
    pub const fn new(name: &'static str, shape: &'a [usize], role: Role, data: D) -> Self {
        Self { name: Name(Part::Own(name)), shape, role, learns: true, data }
    }

    /// The same tensor, which steps do not change.
    #[must_use]
    pub fn frozen(self) -> Self {
        Self { learns: false, ..self }
    }

    /// The same with other data.
    pub(crate) fn over<E>(self, data: E) -> Tensor<'a, E> {
        let Self { name, shape, role, learns, data: _ } = self;
        Tensor { name, shape, role, learns, data }
    }

    /// Passes the tensor to `visit`, named as part of the layer with this index in a tuple.
    pub(crate) fn within(self, index: usize, visit: impl FnOnce(Tensor<D>)) {
        let Self { name, shape, role, learns, data } = self;
        visit(Tensor { name: Name(Part::In(index, &name)), shape, role, learns, data });
    }
}

/// The role of a tensor in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Role {
    /// Weights. An initialiser draws them for these numbers of inputs and outputs.
    Weight {
        /// The number of inputs of a sum.
        inputs: usize,
        /// The number of sums that an input goes into.
        outputs: usize,
    },
    /// Biases, which start at 0.
    Bias,
}

impl Role {
    /// [`Role::Weight`].
    pub const fn weight(inputs: usize, outputs: usize) -> Self {
        Self::Weight { inputs, outputs }
    }
}

/// The name of a tensor: the indices of its layers in their tuples, and its name in the layer, joined by dots.
#[derive(Clone, Copy)]
pub struct Name<'a>(pub(crate) Part<'a>);

#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    Own(&'static str),
    In(usize, &'a Name<'a>),
}

impl Name<'_> {
    /// Writes the name to `text` from `start` on, as far as there is room; returns where it ends. Without [`fmt`](core::fmt),
    /// which would be most of the code of a checkpoint.
    pub(crate) fn copy_to(&self, text: &mut [u8], start: usize) -> usize {
        match self.0 {
            Part::Own(name) => name.bytes().fold(start, |at, byte| put(text, at, byte)),
            Part::In(index, name) => {
                #[allow(clippy::cast_possible_truncation)] // a tuple has at most eight layers
                let digit = put(text, start, b'0' + index as u8);
                let dot = put(text, digit, b'.');
                name.copy_to(text, dot)
            }
        }
    }

    /// Whether the name is `text`, for example `0.weight`.
    pub fn is(&self, text: &str) -> bool {
        match self.0 {
            Part::Own(name) => name == text,
            Part::In(index, name) => text
                .split_once('.')
                .is_some_and(|(place, rest)| place.parse() == Ok(index) && !padded(place) && name.is(rest)),
        }
    }
}

fn put(text: &mut [u8], at: usize, byte: u8) -> usize {
    text.get_mut(at).map_or(at, |place| {
        *place = byte;
        at + 1
    })
}

/// Whether a number is written in another way than by [`Display`](fmt::Display): with a sign or leading zeros.
fn padded(number: &str) -> bool {
    number.starts_with('+') || number.len() > 1 && number.starts_with('0')
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Part::Own(name) => f.write_str(name),
            Part::In(index, name) => write!(f, "{index}.{name}"),
        }
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
