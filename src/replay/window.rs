//! Inputs from the buffers of `heapless`.

use heapless::HistoryBuf;

use crate::shape::Shape;

/// The last numbers of a signal, or its steps of several channels, oldest first, as the inputs of a network: a vector of as many numbers,
/// or steps of channels. `None` before the buffer is full.
///
/// ```
/// use downhill::replay::{HistoryBuf, window};
///
/// let mut signal = HistoryBuf::<[f32; 3], 2>::new(); // two steps of three channels
/// signal.extend([[9.0, 9.1, 9.2], [1.0, 2.0, 3.0]]);
/// signal.write([4.0, 5.0, 6.0]);
/// let x: Option<[f32; 6]> = window(&signal);
/// assert_eq!(x, Some([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
/// let x: Option<[[f32; 3]; 2]> = window(&signal);
/// assert_eq!(x, Some([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
/// ```
pub fn window<Y: Shape, X: Shape<Scalar = Y::Scalar>, const L: usize>(signal: &HistoryBuf<X, L>) -> Option<Y> {
    const { assert!(Y::LENGTH == L * X::LENGTH, "a window has as many numbers as the buffer") };
    // `oldest_ordered` would index, with a panic that the compiler keeps at opt-level s.
    let (newer, older) = signal.is_full().then_some(signal.as_slice())?.split_at_checked(signal.oldest_index()?)?;
    let mut window = Y::ZERO;
    let numbers = X::numbers(older).iter().chain(X::numbers(newer));
    for (to, &number) in window.flat_mut().iter_mut().zip(numbers) {
        *to = number;
    }
    Some(window)
}
