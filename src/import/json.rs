//! The JSON of a header, without what the format has not: arrays of numbers are the deepest values.

use crate::import::text::Text;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

/// The text can't be read, with so many bytes left.
#[derive(Clone, Copy)]
pub(crate) struct Malformed(pub(crate) usize);

impl<'a> Cursor<'a> {
    pub(crate) const fn malformed<V>(self) -> Result<V, Malformed> {
        Err(Malformed(self.0.len()))
    }

    pub(crate) const fn skip_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    /// Takes this byte, if it is the next after space.
    const fn takes(&mut self, byte: u8) -> bool {
        self.skip_space();
        match self.0 {
            [first, rest @ ..] if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Whether an array or an object goes on, or ends with `close`.
    const fn goes_on(&mut self, first: bool, close: u8) -> Result<bool, Malformed> {
        if self.takes(close) {
            Ok(false)
        } else if first || self.takes(b',') {
            Ok(true)
        } else {
            self.malformed()
        }
    }

    pub(crate) const fn string(&mut self) -> Result<Quoted<'a>, Malformed> {
        if !self.takes(b'"') {
            return self.malformed();
        }
        let start = self.0;
        loop {
            self.0 = match self.0 {
                [b' '..=b'!' | b'#'..=b'[' | b']'..=0xFF, rest @ ..]
                | [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => rest,
                [b'"', rest @ ..] => {
                    let Some((text, _)) = start.split_at_checked(start.len() - self.0.len()) else {
                        return self.malformed();
                    };
                    self.0 = rest;
                    return Ok(Quoted(text));
                }
                [b'\\', b'u', a, b, c, d, rest @ ..] if hexadecimal(&[*a, *b, *c, *d]).is_some() => rest,
                _ => return self.malformed(),
            }
        }
    }

    /// A number that is neither negative nor a fraction.
    const fn number(&mut self) -> Result<usize, Malformed> {
        self.skip_space();
        let (mut number, start) = (0_usize, *self);
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            let Some(tens) = number.checked_mul(10) else { return start.malformed() };
            let Some(sum) = tens.checked_add((*digit - b'0') as usize) else { return start.malformed() };
            (number, self.0) = (sum, rest);
        }
        match start.0 {
            [b'0', b'0'..=b'9', ..] => start.malformed(),
            [b'0'..=b'9', ..] => Ok(number),
            _ => start.malformed(),
        }
    }

    /// An array of sizes.
    pub(crate) const fn sizes(&mut self) -> Result<Sizes, Malformed> {
        if !self.takes(b'[') {
            return self.malformed();
        }
        let mut all = Sizes::NONE;
        while ok!(self.goes_on(all.rank == 0, b']')) {
            all = all.and(ok!(self.number()));
        }
        Ok(all)
    }

    /// An array of two numbers.
    pub(crate) const fn pair(&mut self) -> Result<(usize, usize), Malformed> {
        if !self.takes(b'[') {
            return self.malformed();
        }
        let first = ok!(self.number());
        if !self.takes(b',') {
            return self.malformed();
        }
        let second = ok!(self.number());
        if self.takes(b']') { Ok((first, second)) } else { self.malformed() }
    }
}

/// An object that is read field by field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    /// At the next value.
    pub(crate) cursor: Cursor<'a>,
    begun: bool,
}

impl<'a> Object<'a> {
    pub(crate) const fn at(cursor: Cursor<'a>) -> Self {
        Self { cursor, begun: false }
    }

    /// The name of the next field, if there is one.
    pub(crate) const fn next(&mut self) -> Result<Option<Quoted<'a>>, Malformed> {
        if !self.begun && !self.cursor.takes(b'{') {
            return self.cursor.malformed();
        }
        if !ok!(self.cursor.goes_on(!self.begun, b'}')) {
            return Ok(None);
        }
        self.begun = true;
        let name = ok!(self.cursor.string());
        if self.cursor.takes(b':') { Ok(Some(name)) } else { self.cursor.malformed() }
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
        (value, digits) = (value << 4 | digit as u64, rest);
    }
    Some(value)
}

/// The text of a string, with its escapes. Those of letters outside of ASCII are read as `?`: no name of a tensor needs them.
#[derive(Clone, Copy)]
pub(crate) struct Quoted<'a>(pub(crate) &'a [u8]);

impl Quoted<'_> {
    /// Takes a byte of the text.
    #[allow(clippy::cast_possible_truncation)]
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
                byte => return digits && matches!(byte, Some(b'.')),
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
    pub rank: u32,
    /// The sizes, outermost first, then ones.
    pub sizes: [u32; 4],
}

impl Sizes {
    const NONE: Self = Self { rank: 0, sizes: [1; 4] };

    pub(crate) const fn of(mut shape: &[usize]) -> Self {
        let mut all = Self::NONE;
        while let [size, rest @ ..] = shape {
            (all, shape) = (all.and(*size), rest);
        }
        all
    }

    #[allow(clippy::cast_possible_truncation)]
    const fn and(mut self, size: usize) -> Self {
        if let Some((_, [next, ..])) = self.sizes.split_at_mut_checked(self.rank as usize) {
            // What does not fit fits no memory either.
            *next = if size > u32::MAX as usize { u32::MAX } else { size as u32 };
        }
        self.rank = self.rank.saturating_add(1);
        self
    }

    pub(crate) const fn is(self, other: Self) -> bool {
        let (mut own, mut others): (&[u32], &[u32]) = (&self.sizes, &other.sizes);
        while let ([a, own_rest @ ..], [b, others_rest @ ..]) = (own, others) {
            if *a != *b {
                return false;
            }
            (own, others) = (own_rest, others_rest);
        }
        self.rank == other.rank
    }

    /// How many bytes numbers of this size take.
    pub(crate) const fn bytes(self, size: usize) -> Option<usize> {
        let (mut bytes, mut sizes): (usize, &[u32]) = (size, &self.sizes);
        while let [size, rest @ ..] = sizes {
            let Some(product) = bytes.checked_mul(*size as usize) else { return None };
            (bytes, sizes) = (product, rest);
        }
        Some(bytes)
    }

    /// `text` followed by the sizes.
    pub(crate) const fn write<const N: usize>(self, mut text: Text<N>) -> Text<N> {
        text = text.and("[");
        let (mut sizes, mut left): (&[u32], _) = (&self.sizes, self.rank);
        while let ([size, rest @ ..], 1..) = (sizes, left) {
            text = text.number(*size as usize).and(if left > 1 { ", " } else { "" });
            (sizes, left) = (rest, left - 1);
        }
        text.and(if left > 0 { "..]" } else { "]" })
    }
}
