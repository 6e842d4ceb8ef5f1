//! Randomness that is the same for the same seed, so that a failure can be seen again.

/// A small generator (splitmix64): even enough for ids and faults, and nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`; 0 when there is nothing below it.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { usize::try_from(self.next() % bound as u64).unwrap_or(0) }
    }

    /// True once in a while: `permille` times in a thousand.
    pub(crate) fn happens(&mut self, permille: u32) -> bool {
        self.next() % 1_000 < u64::from(permille)
    }

    /// `prefix`, a zero and eight digits or capitals.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}0{}", self.text(8))
    }

    /// `length` digits or capitals.
    pub(crate) fn text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        (0..length).map(|_| char::from(ALPHABET[self.below(ALPHABET.len())])).collect()
    }
}
