//! What people entered, as code, value and unit: the words by which the interface takes it (of consciousness
//! with the meaning behind its letter), and by which a reason says it. It reads no letter
//! and no number.

use rules::Decimal;
use rules::event::{Entry, Spo2Scale};
use rules::score::maternal::{Mind, PreEclampsia};
use rules::score::npews::{Amount, Device, Distress, Level, NoPressure, Pupils, Sepsis};

/// What is found or heard, in each of its words. Consciousness is not among it: it is taken by its letter.
const IN_WORDS: [Entry; 38] = [
    Entry::Mind(Mind::Clear),
    Entry::Mind(Mind::Agitated),
    Entry::Mind(Mind::Confused),
    Entry::Mind(Mind::Unresponsive),
    Entry::PreEclampsia(PreEclampsia::NoneKnown),
    Entry::PreEclampsia(PreEclampsia::NeitherComplaint),
    Entry::PreEclampsia(PreEclampsia::Headache),
    Entry::PreEclampsia(PreEclampsia::Dyspnoea),
    Entry::Distress(Distress::None),
    Entry::Distress(Distress::Mild),
    Entry::Distress(Distress::Moderate),
    Entry::Distress(Distress::Severe),
    Entry::Device(Device::Air),
    Entry::Device(Device::NasalProngs),
    Entry::Device(Device::FaceMask),
    Entry::Device(Device::HeadBox),
    Entry::Device(Device::NonRebreather),
    Entry::Device(Device::HighFlow),
    Entry::Device(Device::Bipap),
    Entry::Device(Device::Cpap),
    Entry::NoPressure(NoPressure::NotAttempted),
    Entry::NoPressure(NoPressure::Unsuccessful),
    Entry::NoPressure(NoPressure::UnsuccessfulWithConcern),
    Entry::Sepsis(Sepsis::NotSuspected),
    Entry::Sepsis(Sepsis::Suspected),
    Entry::Sepsis(Sepsis::Shock),
    Entry::Pupils(Pupils::Normal),
    Entry::Pupils(Pupils::Abnormal),
    Entry::Intuition(Level::None),
    Entry::Intuition(Level::Low),
    Entry::Intuition(Level::Medium),
    Entry::Intuition(Level::High),
    Entry::Intuition(Level::Emergency),
    Entry::Carer(Level::None),
    Entry::Carer(Level::Low),
    Entry::Carer(Level::Medium),
    Entry::Carer(Level::High),
    Entry::Carer(Level::Emergency),
];

/// An entry in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Its code.
    pub code: &'static str,
    /// Its value.
    pub value: String,
    /// Its unit; empty where it has none.
    pub unit: &'static str,
}

impl Entered {
    /// Of an entry.
    #[must_use]
    pub fn of(entry: Entry) -> Self {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        let (code, value) = match entry {
            Entry::Consciousness(found) => ("consciousness", found.word()),
            Entry::Breathing(breathing) => ("oxygen", breathing.word()),
            Entry::Scale(Spo2Scale::One) => ("spo2_scale", "1"),
            Entry::Scale(Spo2Scale::Two) => ("spo2_scale", "2"),
            Entry::Ventilated(machine) => ("ventilation", if machine { "invasive" } else { "none" }),
            Entry::Sedated(asleep) => ("sedation", yes(asleep)),
            Entry::Pregnant(pregnant) => ("pregnancy", yes(pregnant)),
            Entry::Mind(found) => ("mind", mind(found)),
            Entry::PreEclampsia(found) => ("pre_eclampsia", pre_eclampsia(found)),
            Entry::Distress(found) => ("resp_distress", distress(found)),
            Entry::Device(through) => ("oxygen_device", device(through)),
            Entry::NoPressure(said) => ("no_pressure", no_pressure(said)),
            Entry::Sepsis(thought) => ("sepsis", sepsis(thought)),
            Entry::Pupils(found) => ("pupils", pupils(found)),
            Entry::Intuition(level) => ("intuition", level.word()),
            Entry::Carer(level) => ("carer", level.word()),
            Entry::Baseline(total) => return Self::counted("baseline", total.into(), 0, ""),
            Entry::Urine(rate) => return Self::counted("urine", rate.into(), 0, "mL/h"),
            Entry::Refill(tenths) => return Self::counted("capillary_refill", tenths.into(), 1, "s"),
            Entry::Amount(Amount::Flow(flow)) => {
                return Self::counted("oxygen_level", flow.into(), 2, "L/min");
            }
            Entry::Amount(Amount::Fraction(percent)) => {
                return Self::counted("oxygen_level", percent.into(), 0, "%");
            }
        };
        Self { code, value: value.to_owned(), unit: "" }
    }

    fn counted(code: &'static str, number: i64, places: u8, unit: &'static str) -> Self {
        Self { code, value: Decimal::new(number, places).to_string(), unit }
    }
}

/// The entry of that code which is said with that word.
#[must_use]
pub fn in_words(code: &str, word: &str) -> Option<Entry> {
    let is_meant = |said: Entered| said.code == code && said.value == word;
    IN_WORDS.into_iter().find(|entry| is_meant(Entered::of(*entry)))
}

const fn mind(found: Mind) -> &'static str {
    match found {
        Mind::Clear => "clear",
        Mind::Agitated => "agitated",
        Mind::Confused => "confused",
        Mind::Unresponsive => "unresponsive",
    }
}

const fn pre_eclampsia(found: PreEclampsia) -> &'static str {
    match found {
        PreEclampsia::NoneKnown => "none",
        PreEclampsia::NeitherComplaint => "neither",
        PreEclampsia::Headache => "headache",
        PreEclampsia::Dyspnoea => "dyspnoea",
    }
}

const fn distress(found: Distress) -> &'static str {
    match found {
        Distress::None => "none",
        Distress::Mild => "mild",
        Distress::Moderate => "moderate",
        Distress::Severe => "severe",
    }
}

const fn device(through: Device) -> &'static str {
    match through {
        Device::Air => "air",
        Device::NasalProngs => "nasal prongs",
        Device::FaceMask => "face mask",
        Device::HeadBox => "head box",
        Device::NonRebreather => "non-rebreather",
        Device::HighFlow => "high flow",
        Device::Bipap => "BiPAP",
        Device::Cpap => "CPAP",
    }
}

const fn no_pressure(said: NoPressure) -> &'static str {
    match said {
        NoPressure::NotAttempted => "NCO",
        NoPressure::Unsuccessful => "U0",
        NoPressure::UnsuccessfulWithConcern => "U4",
    }
}

const fn sepsis(thought: Sepsis) -> &'static str {
    match thought {
        Sepsis::NotSuspected => "no",
        Sepsis::Suspected => "suspected",
        Sepsis::Shock => "shock",
    }
}

const fn pupils(found: Pupils) -> &'static str {
    match found {
        Pupils::Normal => "normal",
        Pupils::Abnormal => "abnormal",
    }
}
