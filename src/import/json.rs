//! The JSON of a header: an object of objects, without anything that the format does not have.
//!
//! Constant functions, so that a header is read while compiling, too. Nothing recurses, and nothing indexes.

use crate::import::text::Text;

/// What is left to read.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    const fn skip_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    /// Whether nothing but space is left.
    pub(crate) const fn ends(&mut self) -> bool {
        self.skip_space();
        self.0.is_empty()
    }

    /// Takes this byte, if it is the next after space.
    pub(crate) const fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        match self.0 {
            [first, rest @ ..] if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Whether an array or object that ends with `close` goes on.
    pub(crate) const fn goes_on(&mut self, first: bool, close: u8) -> Option<bool> {
        if self.take(close) {
            Some(false)
        } else if first || self.take(b',') {
            Some(true)
        } else {
            None
        }
    }

    pub(crate) const fn string(&mut self) -> Option<Quoted<'a>> {
        if !self.take(b'"') {
            return None;
        }
        let start = self.0;
        loop {
            self.0 = match self.0 {
                [b'"', rest @ ..] => {
                    let length = start.len() - self.0.len();
                    self.0 = rest;
                    return match start.split_at_checked(length) {
                        Some((text, _)) => Some(Quoted(text)),
                        None => None,
                    };
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => rest,
                [b'\\', b'u', a, b, c, d, rest @ ..] if hexadecimal(&[*a, *b, *c, *d]).is_some() => rest,
                [byte, rest @ ..] if *byte >= b' ' && *byte != b'\\' => rest,
                _ => return None,
            }
        }
    }

    /// The name of a field, and the colon.
    pub(crate) const fn name(&mut self) -> Option<Quoted<'a>> {
        match self.string() {
            Some(name) if self.take(b':') => Some(name),
            _ => None,
        }
    }

    const fn number(&mut self) -> Option<usize> {
        self.skip_space();
        let mut number: usize = match self.0 {
            [b'0', rest @ ..] => {
                self.0 = rest;
                return Some(0);
            }
            [b'1'..=b'9', ..] => 0,
            _ => return None,
        };
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            self.0 = rest;
            let Some(tens) = number.checked_mul(10) else { return None };
            let Some(sum) = tens.checked_add((*digit - b'0') as usize) else { return None };
            number = sum;
        }
        Some(number)
    }

    /// An array of numbers.
    pub(crate) const fn sizes(&mut self) -> Option<Sizes> {
        if !self.take(b'[') {
            return None;
        }
        let mut all = Sizes::NONE;
        loop {
            match self.goes_on(all.rank == 0, b']') {
                Some(true) => match self.number() {
                    Some(size) => all = all.and(size),
                    None => return None,
                },
                Some(false) => return Some(all),
                None => return None,
            }
        }
    }
}

/// The value of hexadecimal digits, at most 16.
pub(crate) const fn hexadecimal(mut digits: &[u8]) -> Option<u64> {
    let mut value = 0;
    while let [digit, rest @ ..] = digits {
        let digit = match digit {
            b'0'..=b'9' => *digit - b'0',
            b'a'..=b'f' => *digit - b'a' + 10,
            b'A'..=b'F' => *digit - b'A' + 10,
            _ => return None,
        };
        value = value << 4 | digit as u64;
        digits = rest;
    }
    Some(value)
}

/// The text of a string, with its escapes. Those of other letters than ASCII are read as `?`: no name that a network has is
/// written so.
#[derive(Clone, Copy)]
pub(crate) struct Quoted<'a>(pub(crate) &'a [u8]);

impl Quoted<'_> {
    /// Takes a byte of the text.
    const fn next(&mut self) -> Option<u8> {
        let (byte, rest) = match self.0 {
            [b'\\', b'u', a, b, c, d, rest @ ..] => match hexadecimal(&[*a, *b, *c, *d]) {
                Some(letter @ 0x20..0x7F) => (letter as u8, rest),
                _ => (b'?', rest),
            },
            [b'\\', byte @ (b'"' | b'\\' | b'/'), rest @ ..] => (*byte, rest),
            [b'\\', _, rest @ ..] => (b'?', rest),
            [byte, rest @ ..] => (*byte, rest),
            [] => return None,
        };
        self.0 = rest;
        Some(byte)
    }

    pub(crate) const fn is(mut self, text: &str) -> bool {
        let mut text = text.as_bytes();
        while let Some(byte) = self.next() {
            match text {
                [first, rest @ ..] if *first == byte => text = rest,
                _ => return false,
            }
        }
        text.is_empty()
    }

    /// Whether the text begins with the place of a layer: a number and a dot.
    pub(crate) const fn has_place(mut self) -> bool {
        let mut digits = false;
        loop {
            match self.next() {
                Some(b'0'..=b'9') => digits = true,
                Some(b'.') => return digits,
                _ => return false,
            }
        }
    }

    pub(crate) const fn text<const N: usize>(mut self) -> Text<N> {
        let mut text = Text::EMPTY;
        while let Some(byte) = self.next() {
            text.push(byte);
        }
        text
    }
}

/// The sizes of a tensor. Of more than four, the first four are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sizes {
    /// How many there are.
    pub rank: usize,
    /// The sizes, outermost first, then zeros.
    pub sizes: [usize; 4],
}

impl Sizes {
    const NONE: Self = Self { rank: 0, sizes: [0; 4] };

    /// These sizes.
    pub(crate) const fn of(mut shape: &[usize]) -> Self {
        let mut all = Self::NONE;
        while let [size, rest @ ..] = shape {
            all = all.and(*size);
            shape = rest;
        }
        all
    }

    const fn and(mut self, size: usize) -> Self {
        if let Some((_, [next, ..])) = self.sizes.split_at_mut_checked(self.rank) {
            *next = size;
        }
        self.rank += 1;
        self
    }

    pub(crate) const fn is(self, other: Self) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.sizes, other.sizes);
        self.rank == other.rank && a == e && b == f && c == g && d == h
    }

    /// `text` followed by the sizes.
    pub(crate) const fn write<const N: usize>(self, mut text: Text<N>) -> Text<N> {
        let (mut rest, mut at): (&[usize], _) = (&self.sizes, 0);
        text = text.and("[");
        while at < self.rank {
            text = if at == 0 { text } else { text.and(", ") };
            match rest {
                [size, others @ ..] => (text, rest) = (text.number(*size), others),
                [] => return text.and("..]"),
            }
            at += 1;
        }
        text.and("]")
    }
}
