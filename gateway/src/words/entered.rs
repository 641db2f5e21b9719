//! What people entered, as code, value and unit: the words by which the interface takes it (of consciousness
//! with the meaning behind its letter), and by which a reason says it. It reads nothing.

use rules::Decimal;
use rules::event::{Entry, Spo2Scale};
use rules::score::maternal::{Mind, PreEclampsia};
use rules::score::npews::{Amount, Device, Distress, NoPressure, Pupils, Sepsis};

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
