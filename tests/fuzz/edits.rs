//! Any bytes as a script: numbers, and edits of a valid file.

/// What is left of the bytes. Behind their end are zeros.
pub struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (now, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        now
    }

    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()])) % end.max(1)
    }
}

/// One edit. `words` are what the format is made of.
pub fn edit(file: &mut Vec<u8>, script: &mut Script, words: &[&[u8]]) {
    let (kind, at) = (script.byte(), script.below(file.len() + 1));
    let count = usize::from(script.byte());
    let word = words[count % words.len()];
    let end = |length: usize| (at + length).min(file.len());
    let (range, new) = match kind % 7 {
        0 => {
            let new = script.bytes(count % 9);
            (at..end(new.len()), new.to_vec())
        }
        1 => (at..at, script.bytes(count).to_vec()),
        2 => (at..end(count), Vec::new()),
        3 => (at..file.len(), Vec::new()),
        4 => (at..end(1), file.get(at).map(|byte| byte ^ (1 << (count % 8))).into_iter().collect()),
        5 => (at..end(word.len()), word.to_vec()),
        _ => (at..at, word.to_vec()),
    };
    file.splice(range, new);
}
