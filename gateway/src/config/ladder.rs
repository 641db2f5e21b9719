//! `[ladder]` of `ward.toml`: who is called, how, and after how long, for each class of alerts. It calls
//! nobody.

use std::ops::RangeInclusive;

use rules::ladder::{Channel, Class, Ladder, Recipient, Step, Tell};
use rules::{Policy, Span};
use serde::Deserialize;
use toml::Table;

use super::Faults;
use super::roster::Roster;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepSection {
    after_s: u32,
    tell: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderSection {
    steps: Vec<StepSection>,
    repeat_s: Option<u32>,
    recall_s: Option<u32>,
}

/// The latest that a step may be: half an hour after the decision.
const AFTER_MOST_S: u32 = 1_800;

/// How often the last step may be called again, and for how long an acknowledgement may hold, in seconds.
/// What is high is called again within five minutes and looked at again within half an hour, whatever a ward
/// writes. No source gives these bounds; they leave room above what ships, and sooner is always allowed.
const fn bounds(class: Class) -> (RangeInclusive<u32>, RangeInclusive<u32>) {
    match class {
        // An acknowledgement silences what kills in minutes for two at a time.
        Class::Immediate => (1..=300, 1..=120),
        Class::Laboratory | Class::Red | Class::TechnicalOwn => (1..=300, 1..=1_800),
        Class::Yellow | Class::TechnicalDevice | Class::Notice | Class::TechnicalParameter => {
            (1..=3_600, 1..=7_200)
        }
        // What only repeats was answered: it is charted once.
        Class::Repeat => (1..=86_400, 1..=7_200),
    }
}

/// The key of a class in `ward.toml`.
#[must_use]
pub const fn class_key(class: Class) -> &'static str {
    match class {
        Class::Laboratory => "laboratory",
        Class::Immediate => "immediate",
        Class::Red => "red",
        Class::Yellow => "yellow",
        Class::Notice => "notice",
        Class::TechnicalParameter => "technical_parameter",
        Class::TechnicalDevice => "technical_device",
        Class::TechnicalOwn => "technical_own",
        Class::Repeat => "repeat",
    }
}

/// Takes `[ladder]` out of the file and changes the policy's ladders.
pub(super) fn read(table: &mut Table, policy: &mut Policy, faults: &mut Faults) {
    let Some(mut sections) = faults.sections(table, "", "ladder") else { return };
    for class in Class::ALL {
        let key = class_key(class);
        let Some(value) = sections.remove(key) else { continue };
        let path = format!("ladder.{key}");
        let Some(section) = faults.read::<LadderSection>(&path, value) else { continue };
        override_ladder(policy.ladder_mut(class), class, &section, &path, faults);
    }
    faults.refuse_unknown("ladder.", &sections);
}

fn override_ladder(
    ladder: &mut Ladder,
    class: Class,
    section: &LadderSection,
    path: &str,
    faults: &mut Faults,
) {
    ladder.steps.clear();
    for (no, given) in section.steps.iter().enumerate() {
        let path = format!("{path}.steps[{no}]");
        let mut step = Step { after: Span::seconds(given.after_s), ..Step::default() };
        for word in &given.tell {
            match tell(word) {
                Some(tell) if step.tells.push(tell).is_ok() => {}
                Some(_) => faults.add(&path, "a step can call at most six"),
                None => faults
                    .add(&path, format!("{word:?} is no call; write WHOM:HOW, such as attending:whatsapp")),
            }
        }
        if step.tells.is_empty() {
            faults.add(&path, "this step reaches nobody");
        }
        if ladder.steps.push(step).is_err() {
            faults.add(&path, "a ladder has at most five steps");
        }
    }
    check_times(ladder, path, faults);
    let (repeat, recall) = bounds(class);
    for (key, given, bounds, span) in [
        ("repeat_s", section.repeat_s, repeat, &mut ladder.repeat),
        ("recall_s", section.recall_s, recall, &mut ladder.recall),
    ] {
        match given {
            Some(seconds) if bounds.contains(&seconds) => *span = Span::seconds(seconds),
            Some(_) => {
                let text = format!("between {} s and {} s", bounds.start(), bounds.end());
                faults.add(format!("{path}.{key}"), text);
            }
            None => {}
        }
    }
}

/// The first step is called at once, each later one later, and the last one soon enough to be of use.
fn check_times(ladder: &Ladder, path: &str, faults: &mut Faults) {
    let rises = |pair: &[Step]| matches!(pair, [a, b] if a.after < b.after);
    if ladder.steps.is_empty() || !ladder.steps.windows(2).all(rises) {
        faults.add(path, "a ladder needs at least one step, and later steps need later times");
    }
    if ladder.steps.first().is_some_and(|first| first.after > Span::ZERO) {
        faults.add(format!("{path}.steps[0]"), "the first step is called at once: after_s = 0");
    }
    let late = |step: &Step| step.after > Span::seconds(AFTER_MOST_S);
    for (no, _) in ladder.steps.iter().enumerate().filter(|(_, step)| late(step)) {
        faults.add(format!("{path}.steps[{no}].after_s"), format!("at most {AFTER_MOST_S} s"));
    }
}

/// Says which steps of the ladders in force reach nobody, because the roster has neither the phone nor the
/// account that they need: the last one above all, which is the one that is called again and again.
pub(super) fn check_reach(policy: &Policy, roster: &Roster, faults: &mut Faults) {
    for class in Class::ALL {
        for (no, step) in policy.ladder(class).steps.iter().enumerate() {
            if !step.tells.is_empty() && !step.tells.iter().any(|tell| reaches(*tell, roster)) {
                let text = "this step reaches nobody: the roster lacks the phone or the his_user it needs";
                faults.add(format!("ladder.{}.steps[{no}]", class_key(class)), text);
            }
        }
    }
}

fn reaches(tell: Tell, roster: &Roster) -> bool {
    let Some(contact) = roster.of_file(tell.whom) else { return true };
    match tell.by {
        Channel::Sound | Channel::Board => true,
        Channel::His => !contact.his_user.is_empty(),
        Channel::WhatsApp => !contact.phone.is_empty(),
    }
}

fn tell(word: &str) -> Option<Tell> {
    let (whom, by) = word.split_once(':')?;
    let whom = match whom {
        "station" => Recipient::Station,
        "attending" => Recipient::Attending,
        "duty_doctor" => Recipient::DutyDoctor,
        "charge_nurse" => Recipient::ChargeNurse,
        "ward" => Recipient::Ward,
        "it" => Recipient::It,
        _ => return None,
    };
    let by = match by {
        "sound" => Channel::Sound,
        "board" => Channel::Board,
        "his" => Channel::His,
        "whatsapp" => Channel::WhatsApp,
        _ => return None,
    };
    let here = matches!(by, Channel::Sound | Channel::Board);
    (here == (whom == Recipient::Station)).then_some(Tell { whom, by })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../deploy/ward.toml");

    fn faults_of(text: &str) -> Vec<String> {
        let mut faults = Faults::default();
        let _ = crate::config::ward::read(text.parse().unwrap(), &mut faults);
        faults.0.into_iter().map(|fault| fault.path).collect()
    }

    fn with(ladder: &str) -> Vec<String> {
        faults_of(&format!("{SAMPLE}\n[ladder.red]\n{ladder}\n"))
    }

    const HERE: &str = r#"{ after_s = 0, tell = ["station:sound", "station:board"] }"#;

    #[test]
    fn what_ships_lies_within_the_bounds() {
        for class in Class::ALL {
            let (ladder, (repeat, recall)) = (Ladder::shipped(class), bounds(class));
            assert!(repeat.contains(&ladder.repeat.whole_seconds()), "{class:?}");
            assert!(recall.contains(&ladder.recall.whole_seconds()), "{class:?}");
            let mut faults = Faults::default();
            check_times(&ladder, class_key(class), &mut faults);
            assert_eq!(faults.0, []);
        }
    }

    #[test]
    fn the_times_of_a_ladder_are_bounded() {
        let then = |after: &str| {
            with(&format!(r#"steps = [{HERE}, {{ after_s = {after}, tell = ["ward:whatsapp"] }}]"#))
        };
        assert_eq!(then("1800"), [""; 0]);
        assert_eq!(then("1801"), ["ladder.red.steps[1].after_s"]);
        assert_eq!(then("0"), ["ladder.red"], "later steps need later times");
        assert_eq!(with("steps = []"), ["ladder.red"]);
        let late = r#"steps = [{ after_s = 1, tell = ["station:board"] }]"#;
        assert_eq!(with(late), ["ladder.red.steps[0]"], "the first at once");
    }

    #[test]
    fn what_is_high_is_called_again_soon() {
        let again = |keys: &str| with(&format!("steps = [{HERE}]\n{keys}"));
        assert_eq!(again("repeat_s = 1\nrecall_s = 1"), [""; 0]);
        assert_eq!(again("repeat_s = 300\nrecall_s = 1800"), [""; 0]);
        assert_eq!(again("repeat_s = 0\nrecall_s = 0"), ["ladder.red.repeat_s", "ladder.red.recall_s"]);
        assert_eq!(again("repeat_s = 301\nrecall_s = 1801"), ["ladder.red.repeat_s", "ladder.red.recall_s"]);
    }

    #[test]
    fn a_last_step_that_reaches_nobody_is_a_fault_with_its_path() {
        let last = |tell: &str| with(&format!("steps = [{HERE}, {{ after_s = 60, tell = [{tell}] }}]"));
        assert_eq!(last(r#""ward:his""#), ["ladder.red.steps[1]"], "the ward has no account in the HIS");
        assert_eq!(last(r#""ward:his", "it:whatsapp""#), [""; 0], "one of them is enough");
        assert_eq!(last(""), ["ladder.red.steps[1]"]);
        assert_eq!(last(r#""ward:smoke""#), ["ladder.red.steps[1]", "ladder.red.steps[1]"]);
    }

    #[test]
    fn a_shipped_step_must_reach_somebody_too() {
        let no_ward = SAMPLE.replace("+910000000003", "");
        assert_eq!(faults_of(&no_ward), ["roster.ward"], "its steps call the station as well");
        let no_doctor = SAMPLE.replace("dr.sample@example.org", "").replace("+910000000001", "");
        let steps: Vec<String> =
            faults_of(&no_doctor).into_iter().filter(|path| path.starts_with("ladder")).collect();
        let alone = ["ladder.laboratory", "ladder.immediate", "ladder.red", "ladder.yellow"];
        assert_eq!(steps, alone.map(|ladder| format!("{ladder}.steps[1]")), "IT is called of our own faults");
    }
}
