//! Short texts without a heap: names in errors, and messages that are composed while compiling.

use core::fmt;
use core::str::from_utf8;

/// A text of at most `N` bytes, and of 255; what is longer is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<const N: usize = 40> {
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> Text<N> {
    pub(crate) const EMPTY: Self = Self { bytes: [0; N], length: 0 };

    /// The text.
    pub const fn as_str(&self) -> &str {
        let text = self.as_bytes();
        match from_utf8(text) {
            Ok(text) => text,
            // Cut within a letter.
            Err(error) => match text.split_at_checked(error.valid_up_to()) {
                Some((text, _)) => match from_utf8(text) {
                    Ok(text) => text,
                    Err(_) => "",
                },
                None => "",
            },
        }
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        match self.bytes.split_at_checked(self.length as usize) {
            Some((text, _)) => text,
            None => &[],
        }
    }

    /// Whether there is no room left, so that the text may be cut.
    pub(crate) const fn is_full(&self) -> bool {
        self.length as usize >= N
    }

    pub(crate) const fn push(&mut self, byte: u8) {
        if let Some((_, [next, ..])) = self.bytes.split_at_mut_checked(self.length as usize) {
            *next = byte;
            self.length = self.length.saturating_add(1);
        }
    }

    /// The text followed by `text`.
    pub(crate) const fn and(mut self, text: &str) -> Self {
        let mut text = text.as_bytes();
        while let [byte, rest @ ..] = text {
            self.push(*byte);
            text = rest;
        }
        self
    }

    /// The text followed by a number.
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) const fn number(mut self, number: usize) -> Self {
        if number >= 10 {
            self = self.number(number / 10);
        }
        self.push(b'0' + (number % 10) as u8);
        self
    }

    /// The text followed by the 16 hexadecimal digits of a number.
    pub(crate) const fn hexadecimal(mut self, mut number: u64) -> Self {
        let mut digits = 0;
        while digits < 16 {
            number = number.rotate_left(4);
            let digit = (number & 15) as u8;
            self.push(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
            digits += 1;
        }
        self
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Text<N> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}
