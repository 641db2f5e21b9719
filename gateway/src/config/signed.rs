//! `[[signed]]` of `ward.toml`: who answers for a chart page or for the ward's policy, by name, role, date
//! and the SHA-256 of what was signed. What is unsigned is judged as well, and says so; but the charts of
//! children and of mothers call nobody before their own page is signed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rules::Policy;
use rules::score::choice::Calling;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::charts::CHARTS;
use super::{Faults, sheet};
use crate::hex;

/// What a signature names to mean the ward's own policy: the limits, values and ladders of the sheet.
pub const POLICY: &str = "policy";

/// What stands beside everything that ships and that nobody has signed.
const NOT_SIGNED: &str = "shipped default, not signed";

/// What stands beside a policy that the ward has changed and nobody has signed.
const CHANGED: &str = "changed by the ward, not signed";

/// One signature as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    what: String,
    by: String,
    role: String,
    date: Value,
    sha256: String,
}

/// What is signed, and what stands beside that which is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    policy_sha256: String,
    /// Whether the ward's policy is the shipped one.
    is_shipped: bool,
    /// What stands beside what is signed: `signed by NAME, ROLE, DATE`.
    marks: BTreeMap<String, String>,
}

impl Signed {
    /// A policy that nobody has signed, and no signed page.
    #[must_use]
    pub fn by_nobody(policy: &Policy) -> Self {
        let mut shipped = Policy::shipped();
        // Which charts call follows from the signatures, and is no change of the ward's.
        shipped.calling = policy.calling;
        Self {
            policy_sha256: sha256(&sheet::of(policy)),
            is_shipped: *policy == shipped,
            marks: BTreeMap::new(),
        }
    }

    /// Reads the signatures of a ward with that policy.
    pub(super) fn read(table: &mut Table, policy: &Policy, faults: &mut Faults) -> Self {
        let mut signed = Self::by_nobody(policy);
        let list = match table.remove("signed") {
            Some(Value::Array(list)) => list,
            Some(_) => {
                faults.add("signed", "write a [[signed]] for each signature");
                Vec::new()
            }
            None => Vec::new(),
        };
        for (at, value) in list.into_iter().enumerate() {
            let path = format!("signed.{at}");
            if let Some(section) = faults.read::<Section>(&path, value) {
                signed.take(section, &path, faults);
            }
        }
        signed
    }

    fn take(&mut self, section: Section, path: &str, faults: &mut Faults) {
        let before = faults.0.len();
        for (key, text) in [("by", &section.by), ("role", &section.role)] {
            if text.trim().is_empty() {
                faults.add(format!("{path}.{key}"), "a signature names who answers, and in which role");
            }
        }
        let date = date(&section.date);
        if date.is_none() {
            faults.add(format!("{path}.date"), "not a day, such as 2026-11-20");
        }
        match self.sha256_of(&section.what) {
            Some(right) if right.eq_ignore_ascii_case(section.sha256.trim()) => {}
            Some(right) => {
                let text = format!(
                    "not what this program has as {}: read that again and sign {right}, or take the \
                     signature out",
                    section.what
                );
                faults.add(format!("{path}.sha256"), text);
            }
            None => {
                let text = format!("nothing to sign; write {POLICY} or a page: {}", pages().join(", "));
                faults.add(format!("{path}.what"), text);
            }
        }
        if self.marks.contains_key(&section.what) {
            faults.add(format!("{path}.what"), "signed twice: leave the one that counts");
        }
        if let (Some(date), true) = (date, faults.0.len() == before) {
            let mark = format!("signed by {}, {}, {date}", section.by.trim(), section.role.trim());
            self.marks.insert(section.what, mark);
        }
    }

    fn sha256_of(&self, what: &str) -> Option<String> {
        if what == POLICY {
            return Some(self.policy_sha256.clone());
        }
        CHARTS.iter().find(|(key, _)| *key == what).map(|(_, page)| sha256(page))
    }

    /// Which of the charts that ship silent may call: those whose page is signed.
    #[must_use]
    pub fn calling(&self) -> Calling {
        let is_signed = |page| self.marks.contains_key(page);
        Calling { npews: is_signed("npews"), maternal: is_signed("maternal") }
    }

    /// The SHA-256 of the policy's sheet, in hexadecimal digits.
    #[must_use]
    pub fn policy_sha256(&self) -> &str {
        &self.policy_sha256
    }

    /// What stands beside the policy.
    #[must_use]
    pub fn policy_mark(&self) -> &str {
        self.mark(POLICY)
    }

    /// What stands beside a page of rules/charts, or beside [`POLICY`].
    #[must_use]
    pub fn mark(&self, what: &str) -> &str {
        let unsigned = if what == POLICY && !self.is_shipped { CHANGED } else { NOT_SIGNED };
        self.marks.get(what).map_or(unsigned, String::as_str)
    }

    /// What stands beside figures of a page that the ward's policy may have changed: the policy's signature
    /// covers them, the page's only while they are as shipped.
    #[must_use]
    pub fn mark_in_force(&self, page: &str) -> &str {
        let of_page = self.is_shipped && !self.marks.contains_key(POLICY);
        self.mark(if of_page { page } else { POLICY })
    }

    /// Everything that is signed, in one line; what stands beside the policy where nothing is.
    #[must_use]
    pub fn sentence(&self) -> String {
        let pages = self.marks.iter().filter(|(what, _)| *what != POLICY);
        let pages = pages.map(|(what, mark)| format!("; {what} {mark}"));
        std::iter::once(self.policy_mark().to_string()).chain(pages).collect()
    }
}

fn pages() -> Vec<&'static str> {
    CHARTS.iter().map(|(key, _)| *key).collect()
}

/// A day, as TOML has it or as text.
fn date(value: &Value) -> Option<Date> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Datetime(day) if day.time.is_none() => day.to_string().parse().ok(),
        _ => None,
    }
}

/// The SHA-256 of a text, in hexadecimal digits.
#[must_use]
pub fn sha256(text: &str) -> String {
    hex::of(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Signed, Vec<String>) {
        let mut faults = Faults::default();
        let signed = Signed::read(&mut text.parse().unwrap(), &Policy::shipped(), &mut faults);
        (signed, faults.0.into_iter().map(|fault| fault.path).collect())
    }

    fn section(what: &str, sha256: &str) -> String {
        format!(
            "[[signed]]\nwhat = \"{what}\"\nby = \"A\"\nrole = \"B\"\n\
             date = \"2026-11-20\"\nsha256 = \"{sha256}\"\n"
        )
    }

    fn of_page(what: &str) -> String {
        section(what, &sha256(CHARTS.iter().find(|(key, _)| *key == what).unwrap().1))
    }

    #[test]
    fn a_hash_is_that_of_the_standard() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_signature_marks_its_page_alone() {
        let (signed, faults) = read(&of_page("limits"));
        assert_eq!(faults, [""; 0]);
        assert_eq!(signed.mark("limits"), "signed by A, B, 2026-11-20");
        assert_eq!((signed.mark("news2"), signed.policy_mark()), (NOT_SIGNED, NOT_SIGNED));
        assert_eq!(signed.sentence(), "shipped default, not signed; limits signed by A, B, 2026-11-20");
    }

    #[test]
    fn a_right_signature_lets_its_chart_call_and_nothing_else_does() {
        let calls = |text: &str| {
            let Calling { npews, maternal } = read(text).0.calling();
            (npews, maternal)
        };
        assert_eq!(calls(&of_page("npews")), (true, false));
        assert_eq!(calls(&of_page("maternal")), (false, true));
        assert_eq!(calls(&(of_page("npews") + &of_page("maternal"))), (true, true));
        for text in [String::new(), of_page("news2"), of_page("which-chart"), section("npews", "00")] {
            assert_eq!(calls(&text), (false, false), "{text}");
        }
    }

    #[test]
    fn a_page_answers_for_its_figures_only_while_they_are_as_shipped() {
        let mut changed = Policy::shipped();
        changed.device_silence_least = rules::Span::seconds(16);
        let mark = |policy: &Policy, text: &str| {
            let signed = Signed::read(&mut text.parse().unwrap(), policy, &mut Faults::default());
            signed.mark_in_force("limits").to_string()
        };
        assert_eq!(mark(&Policy::shipped(), ""), NOT_SIGNED);
        assert_eq!(mark(&Policy::shipped(), &of_page("limits")), "signed by A, B, 2026-11-20");
        assert_eq!(mark(&changed, &of_page("limits")), CHANGED);
        let own = section(POLICY, Signed::by_nobody(&changed).policy_sha256()).replace("\"A\"", "\"C\"");
        assert_eq!(mark(&changed, &(of_page("limits") + &own)), "signed by C, B, 2026-11-20");
    }

    #[test]
    fn what_is_wrong_with_a_signature_has_its_path_and_it_does_not_count() {
        let good = of_page("news2");
        for (text, path) in [
            (section("news2", "00"), "signed.0.sha256"),
            (section("news3", "00"), "signed.0.what"),
            (good.replace("\"A\"", "\" \""), "signed.0.by"),
            (good.replace("\"B\"", "\"\""), "signed.0.role"),
            (good.replace("11-20", "11-31"), "signed.0.date"),
            (good.replace("role", "rank"), "signed.0"),
            (good.replace("[[signed]]", "[signed]"), "signed"),
        ] {
            let (signed, faults) = read(&text);
            assert_eq!(faults, [path], "{text}");
            assert_eq!(signed.mark("news2"), NOT_SIGNED, "{text}");
        }
        assert_eq!(read(&(good.clone() + &good)).1, ["signed.1.what"]);
        assert_eq!(read(&good.replace("\"2026-11-20\"", "2026-11-20")).1, [""; 0], "a day of TOML's own");
        assert_eq!(read(&good.replace("\"2026-11-20\"", "2026-11-20T07:00:00Z")).1, ["signed.0.date"]);
    }
}
