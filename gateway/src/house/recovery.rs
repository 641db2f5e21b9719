//! The ward as it was before the last end: the record opened, the checkpoint taken over, what came after
//! lived through again, and then what was recorded put above it.
//!
//! Our own corrupt state never stops the start: it is set aside, said aloud, and the ward goes on.

use std::path::Path;
use std::sync::Arc;

use rules::Moment;

use crate::clock::Clock;
use crate::config::signed::Signed;
use crate::config::ward::WardPlan;
use crate::journal::{AuditRow, Entry, Journal, JournalError, OF_THE_POLICY, Record, Recovered, Tag};
use crate::ward::Ward;

/// A ward that goes on from where it was.
#[derive(Debug)]
pub(super) struct Reopened {
    /// The record.
    pub(super) journal: Journal,
    /// The ward.
    pub(super) ward: Ward,
    /// A clock that goes on from the record's last moment.
    pub(super) clock: Clock,
    /// What a person must know of the recovery, one sentence each.
    pub(super) found: Vec<String>,
}

/// Opens the record at `path` and brings the ward of `plan` back to where it was.
///
/// # Errors
/// When the record cannot be had or cannot be durable.
pub(super) fn reopen(plan: &Arc<WardPlan>, path: &Path, speed: u32) -> Result<Reopened, JournalError> {
    let mut ward = Ward::new(Arc::clone(plan));
    let tag = Tag { rules: rules::VERSION, policy: ward.policy_hash() };
    let opening = Journal::open(path, Clock::starting_after(Moment(0)).wall(), &tag)?;
    let clock = Clock::at_speed(opening.recovered.last, speed);
    tell_of_policy(&plan.signed, opening.recovered.policy_told.as_ref(), &opening.journal, &clock);
    let found = bring_back(&mut ward, opening.recovered, &clock);
    Ok(Reopened { journal: opening.journal, ward, clock, found })
}

/// Writes into the audit which policy is in force and by whom it and the charts are signed, where that is not
/// what the last such row says.
fn tell_of_policy(signed: &Signed, told: Option<&AuditRow>, journal: &Journal, clock: &Clock) {
    let what = format!("policy {} in force, rules {}", signed.policy_sha256(), rules::VERSION);
    let reason = signed.sentence();
    if told.is_some_and(|told| (&told.what, &told.reason) == (&what, &reason)) {
        return;
    }
    let (actor, station) = (OF_THE_POLICY.0.to_owned(), OF_THE_POLICY.1.to_owned());
    let row = Record::Audit { wall: clock.wall(), actor, station, what, reason };
    if journal.submit(Entry { records: vec![row], then: None }).is_err() {
        tracing::error!("the store takes nothing in: the policy in force is not in the audit");
    }
}

fn bring_back(ward: &mut Ward, recovered: Recovered, clock: &Clock) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(place) = recovered.set_aside {
        found.push(format!(
            "the store could not be trusted and was set aside as {}; the ward began afresh: call IT",
            place.display()
        ));
    }
    let taken = recovered.checkpoint.is_none_or(|checkpoint| {
        if checkpoint.matches {
            ward.restore(&checkpoint.body, checkpoint.at)
        } else {
            ward.take_over(&checkpoint.body, checkpoint.at)
        }
    });
    if !taken {
        found.push("the last checkpoint could not be read; earlier readings are unknown: call IT".to_owned());
    }
    let offset_ms = clock.wall_of(Moment(0)).0;
    let mut replay = recovered.events_after;
    for (at, event) in &mut replay {
        ward.relive(at, &event, offset_ms);
    }
    ward.recorded(recovered.open_alerts, clock.now());
    let unread = replay.unread().saturating_add(recovered.alerts_unread);
    if unread > 0 {
        found.push(format!("{unread} rows of the record could not be read again: call IT"));
    }
    found
}

#[cfg(test)]
mod tests {
    use rules::Policy;

    use super::*;

    /// What the audit says after a start under each of these policies, one after the other.
    async fn told(policies: &[Policy]) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("ward.db");
        for policy in policies {
            let plan = WardPlan::of_no_beds(Box::leak(Box::new(policy.clone())));
            let journal = reopen(&Arc::new(plan), &store, 1).unwrap().journal;
            journal.flush().await.unwrap();
        }
        let journal = Journal::attach(&store).unwrap();
        let rows = journal.audit(None, 99).await.unwrap();
        rows.into_iter().rev().map(|row| (row.what, row.reason)).collect()
    }

    #[tokio::test]
    async fn a_policy_is_audited_when_it_is_not_the_last_one() {
        let (shipped, mut own) = (Policy::shipped(), Policy::shipped());
        own.device_silence_least = rules::Span::seconds(20);
        let row = |policy: &Policy| {
            let signed = Signed::by_nobody(policy);
            let what = format!("policy {} in force, rules {}", signed.policy_sha256(), rules::VERSION);
            (what, signed.sentence())
        };
        let starts = [&shipped, &shipped, &own, &own, &shipped].map(Clone::clone);
        assert_eq!(told(&starts).await, [row(&shipped), row(&own), row(&shipped)]);
        assert_eq!(row(&shipped).1, "shipped default, not signed");
    }
}
