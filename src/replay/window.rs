//! Inputs from the buffers of `heapless`.

use heapless::HistoryBuf;

use crate::shape::Shape;

/// The numbers of a signal, or its steps of several channels, oldest first, as the inputs of a network. `None` before the buffer
/// is full.
///
/// ```
/// use downhill::replay::{HistoryBuf, window};
///
/// let mut signal = HistoryBuf::<f32, 3>::new();
/// signal.extend([1.0, 2.0]);
/// assert_eq!(window(&signal), None);
/// signal.extend([3.0, 4.0]);
/// assert_eq!(window(&signal), Some([2.0, 3.0, 4.0]));
/// ```
pub fn window<X: Shape, const L: usize>(signal: &HistoryBuf<X, L>) -> Option<[X; L]> {
    if !signal.is_full() {
        return None;
    }
    // Not by `oldest_ordered`, whose checks of bounds never fail, but stay.
    let (newer, older) = signal.as_slice().split_at_checked(signal.oldest_index()?)?;
    let mut x = [X::ZERO; L];
    for (x, &value) in x.iter_mut().zip(older.iter().chain(newer)) {
        *x = value;
    }
    Some(x)
}
