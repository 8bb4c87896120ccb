//! A small generator of numbers (SplitMix64), seeded so that a failure can be seen again.

pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    pub fn size(&mut self, most: u64) -> usize {
        usize::try_from(self.below(most)).unwrap()
    }

    /// True once in `of` times.
    pub fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap();
        &from[at]
    }
}

pub fn seed() -> u64 {
    let seed = std::env::var("JIQIAO_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_124);
    println!("JIQIAO_SEED={seed}");
    seed
}

pub fn rounds(short: u64, long: u64) -> u64 {
    if std::env::var("JIQIAO_LONG").is_ok_and(|long| long == "1") { long } else { short }
}
