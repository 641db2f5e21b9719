//! The demonstration's timeline: which scene plays when and at which bed, as a pure function of the round.
//!
//! A round lasts three minutes and leaves every bed as calm as it found it; the next plays at other beds.
//! What the gateway makes of a scene is not written here.

use super::physiology::{Course, mix};

/// How long a round lasts, in seconds.
pub(super) const ROUND_S: u64 = 180;

/// After how many rounds the nurse comes again: 48 minutes, because what she finds of the breathing counts
/// for an hour.
const NURSE_EVERY: u64 = 16;

/// Every fourth patient is ventilated.
const VENTILATED_EVERY: usize = 4;

/// Something that happens in the ward. A bed is its place in the ward's list, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scene {
    /// The HIS says who lies where.
    Admissions,
    /// The nurse goes from bed to bed and enters what she finds.
    NurseRound,
    /// A patient's breathing fails in two steps, and recovers before the round is over.
    Deterioration(usize),
    /// A routine panel is reported; after a critical value it is the control that ends it.
    Panel(usize),
    /// A potassium of 6.8 mmol/L is reported. Nobody answers it.
    CriticalPotassium(usize),
    /// An SpO2 probe falls off, and is put back.
    ProbeOff(usize),
    /// A saturation sinks for a while.
    Desaturation(usize),
    /// The nurse acknowledges what calls at a bed.
    Acknowledgement(usize),
}

impl Scene {
    /// The course that this scene is for the patient of `bed`, when it begins at second `from_s`.
    fn course(self, bed: usize, from_s: u64) -> Option<Course> {
        match self {
            Self::Deterioration(at) if at == bed => Some(Course::deterioration(from_s)),
            Self::ProbeOff(at) if at == bed => Some(Course::probe_off(from_s)),
            Self::Desaturation(at) if at == bed => Some(Course::desaturation(from_s)),
            _ => None,
        }
    }
}

/// Whether the patient of a bed is ventilated. The score of those is shown and does not call, so the story
/// plays at the others.
pub(super) const fn is_ventilated(bed: usize) -> bool {
    bed % VENTILATED_EVERY == VENTILATED_EVERY - 1
}

/// The scenes of a round at `beds` beds, each with its second in the round, in order.
pub(super) fn timeline(round: u64, beds: usize, seed: u64) -> Vec<(u64, Scene)> {
    let stage: Vec<usize> = (0..beds).filter(|bed| !is_ventilated(*bed)).collect();
    let first = mix(seed).wrapping_add(round);
    let bed = |part: u64| {
        let turn = usize::try_from(first.wrapping_add(part) % stage.len().max(1) as u64).unwrap_or(0);
        stage.get(turn).copied().unwrap_or(0)
    };
    let (ill, critical, probe, breathless, well) = (bed(0), bed(1), bed(2), bed(3), bed(4));
    // In every second round the nurse comes while the alert calls; in the others it climbs until the patient
    // is better.
    let answered_s = if round.is_multiple_of(2) { 95 } else { 170 };
    let mut scenes = vec![
        (6, Scene::Deterioration(ill)),
        (10, Scene::Panel(well)),
        (15, Scene::CriticalPotassium(critical)),
        (30, Scene::ProbeOff(probe)),
        (answered_s, Scene::Acknowledgement(ill)),
        (105, Scene::Desaturation(breathless)),
        (150, Scene::Panel(critical)),
    ];
    if round == 0 {
        scenes.push((0, Scene::Admissions));
    }
    if round.is_multiple_of(NURSE_EVERY) {
        scenes.push((1, Scene::NurseRound));
    }
    scenes.sort_by_key(|(at_s, _)| *at_s);
    scenes
}

/// The courses of one bed in a round, by the story's own seconds.
pub(super) fn courses(round: u64, bed: usize, beds: usize, seed: u64) -> Vec<Course> {
    let scenes = timeline(round, beds, seed);
    scenes.iter().filter_map(|(at_s, scene)| scene.course(bed, round * ROUND_S + at_s)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::chart::{news2, within_yellow};
    use crate::sandbox::physiology::{Patient, Signs};

    const BEDS: usize = 8;

    fn at(round: u64, which: impl Fn(Scene) -> Option<usize>) -> (u64, usize) {
        let scenes = timeline(round, BEDS, 7);
        scenes.into_iter().find_map(|(at_s, scene)| which(scene).map(|bed| (at_s, bed))).unwrap()
    }

    fn ill(scene: Scene) -> Option<usize> {
        if let Scene::Deterioration(bed) = scene { Some(bed) } else { None }
    }

    fn critical(scene: Scene) -> Option<usize> {
        if let Scene::CriticalPotassium(bed) = scene { Some(bed) } else { None }
    }

    fn probe(scene: Scene) -> Option<usize> {
        if let Scene::ProbeOff(bed) = scene { Some(bed) } else { None }
    }

    fn signs(bed: usize, second: u64, seed: u64) -> Signs {
        let courses = courses(second / ROUND_S, bed, BEDS, seed);
        Patient::new(seed, bed as u64).at(second, &courses)
    }

    #[test]
    fn the_first_minute_keeps_every_promise() {
        for seed in 0..20 {
            let scenes = timeline(0, BEDS, seed);
            let bed = scenes.iter().find_map(|(_, scene)| ill(*scene)).unwrap();
            let scores: Vec<u32> = (0..60).map(|second| news2(&signs(bed, second, seed))).collect();
            let first = |least| scores.iter().position(|score| *score >= least).unwrap();
            assert!(first(5) <= 20 && first(7) <= 40 && first(7) - first(5) >= 8, "seed {seed}: {scores:?}");
        }
        assert_eq!(at(0, critical).0, 15);
        assert_eq!(at(0, probe).0, 30);
        assert_eq!(timeline(0, BEDS, 7)[..2], [(0, Scene::Admissions), (1, Scene::NurseRound)]);
    }

    #[test]
    fn the_critical_value_is_left_unanswered_until_its_control() {
        for round in 0..12 {
            let (reported_s, bed) = at(round, critical);
            let scenes = timeline(round, BEDS, 7);
            assert!(!scenes.contains(&(95, Scene::Acknowledgement(bed))), "round {round}");
            let control = scenes.iter().rev().find(|(_, scene)| *scene == Scene::Panel(bed)).unwrap();
            // Three steps of fifteen seconds are climbed by then.
            assert!(control.0 >= reported_s + 45 && control.0 < ROUND_S, "round {round}");
        }
    }

    #[test]
    fn a_round_leaves_every_bed_calm() {
        for round in 0..6 {
            for bed in 0..BEDS {
                for second in [round * ROUND_S, round * ROUND_S + ROUND_S - 1] {
                    let signs = signs(bed, second, 7);
                    assert!(
                        news2(&signs) < 5 && within_yellow(&signs),
                        "round {round}, bed {bed}: {signs:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_two_scenes_share_a_bed_and_each_moves_on() {
        for round in 0..40 {
            let now = [at(round, ill).1, at(round, critical).1, at(round, probe).1];
            let next = [at(round + 1, ill).1, at(round + 1, critical).1, at(round + 1, probe).1];
            assert!(now[0] != now[1] && now[1] != now[2] && now[0] != now[2], "round {round}: {now:?}");
            assert!(now.iter().zip(next).all(|(now, next)| *now != next), "round {round}");
            assert!(now.iter().all(|bed| !is_ventilated(*bed) && *bed < BEDS));
        }
        let beds: std::collections::BTreeSet<usize> = (0..6).map(|round| at(round, ill).1).collect();
        assert_eq!(beds.len(), 6, "every bed that can call gets its turn");
    }

    #[test]
    fn the_nurse_comes_before_her_findings_are_too_old() {
        let rounds: Vec<u64> = (0..60)
            .filter(|round| timeline(*round, BEDS, 7).iter().any(|(_, scene)| *scene == Scene::NurseRound))
            .collect();
        assert!(rounds.windows(2).all(|pair| (pair[1] - pair[0]) * ROUND_S < 3_600), "{rounds:?}");
        assert_eq!(rounds[0], 0);
    }

    #[test]
    fn a_ward_of_one_bed_has_a_story_too() {
        let scenes = timeline(3, 1, 7);
        assert_eq!(scenes.len(), 7);
        assert_eq!(courses(3, 0, 1, 7).len(), 3);
    }

    #[test]
    fn two_of_eight_are_ventilated() {
        assert_eq!((0..BEDS).filter(|bed| is_ventilated(*bed)).collect::<Vec<_>>(), [3, 7]);
    }
}
