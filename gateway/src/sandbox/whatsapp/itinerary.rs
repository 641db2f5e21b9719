//! When the statuses of one message are told: late, one of them twice, and not in the order they happened.
//! All of it follows from a seed, so that a run can be had again.

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Sent,
    Delivered,
    Read,
    Failed,
}

impl Stage {
    /// Meta's word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

/// One webhook to come: how long after acceptance, and what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Posting {
    pub(super) after_ms: u64,
    /// Each stage with when it happened, in milliseconds after acceptance.
    pub(super) stages: Vec<(Stage, u64)>,
}

/// The postings for one message, the earliest first. `lateness_ms` is about how late each comes.
pub(super) fn plan(chance: &mut Chance, reachable: bool, lateness_ms: u64) -> Vec<Posting> {
    let stages: &[Stage] =
        if reachable { &[Stage::Sent, Stage::Delivered, Stage::Read] } else { &[Stage::Failed] };
    let mut happened_ms = 0;
    let mut postings = Vec::new();
    for stage in stages {
        happened_ms += 1 + lateness_ms / 4;
        let after_ms = happened_ms + chance.below(lateness_ms);
        postings.push(Posting { after_ms, stages: vec![(*stage, happened_ms)] });
    }
    if let Some(again) = postings.get(chance.index(postings.len())).cloned() {
        postings.push(Posting { after_ms: again.after_ms + 1 + chance.below(lateness_ms), ..again });
    }
    postings.sort_by_key(|posting| posting.after_ms);
    // Now and then the last two go together in one body, the newer first.
    if chance.below(3) == 0
        && let Some(mut last) = postings.pop()
        && let Some(before) = postings.pop()
    {
        last.stages.extend(before.stages);
        postings.push(last);
    }
    postings
}

/// A seeded source of chance (splitmix64): small, and the same on every machine.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `bound`; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap_or(0)
    }

    fn index(&mut self, length: usize) -> usize {
        let below = self.below(u64::try_from(length).unwrap_or(u64::MAX));
        usize::try_from(below).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(seed: u64) -> Vec<Stage> {
        let postings = plan(&mut Chance::new(seed), true, 1_000);
        postings.iter().flat_map(|posting| &posting.stages).map(|(stage, _)| *stage).collect()
    }

    #[test]
    fn every_stage_is_told_and_one_of_them_twice() {
        for seed in 0..100 {
            let told = told(seed);
            assert_eq!(told.len(), 4, "seed {seed}");
            for stage in [Stage::Sent, Stage::Delivered, Stage::Read] {
                assert!(told.contains(&stage), "seed {seed}");
            }
        }
    }

    #[test]
    fn the_order_is_broken_for_some_seeds_and_kept_for_others() {
        let in_order = |seed: &u64| {
            let first = |stage| told(*seed).iter().position(|told| *told == stage);
            first(Stage::Sent) < first(Stage::Delivered) && first(Stage::Delivered) < first(Stage::Read)
        };
        let kept = (0..100).filter(in_order).count();
        assert!((20..80).contains(&kept), "{kept} of 100 in order");
    }

    #[test]
    fn nothing_is_told_before_it_happened_and_a_seed_says_it_all() {
        for seed in 0..100 {
            let postings = plan(&mut Chance::new(seed), true, 1_000);
            assert!(postings.iter().all(|posting| {
                posting.stages.iter().all(|(_, happened_ms)| *happened_ms <= posting.after_ms)
            }));
            assert_eq!(postings, plan(&mut Chance::new(seed), true, 1_000));
        }
    }
}
