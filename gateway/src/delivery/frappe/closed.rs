//! What doctors closed in the HIS: whoever closes the `ToDo` that was assigned to them has answered that call
//! from afar. The site tells nobody of it, so it is asked, while somebody who was called there is awaited.
//!
//! Nothing is remembered here: the site keeps what was closed, and the ward's own record says what of it has
//! answered, so that a restart neither loses an answer nor gives one twice. Whatever is not an assignee's own
//! closing of the very task that we made changes nothing. `decisions/0024` says why a notification that was
//! read is no answer.

use std::fmt::Display;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::look::Look;
use super::shape::EVENT_ID;
use super::task::{DOCTYPE, id_column};
use super::{Frappe, tagged};
use crate::clock::Clock;
use crate::delivery::Outcome;
use crate::delivery::afar::{self, Callees, Reach};
use crate::event::{Event, Person};
use crate::owed::{Call, Destination, TASK};

/// What was closed longer ago is not asked for: so long the gateway may be away and still hear of it.
const CLOSED_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// How many are looked at, the last closed first: far more than a ward's doctors close between two looks.
const CLOSED_MOST: u16 = 100;

/// The ward, as a task that was closed is held against it.
pub trait Tasks: Callees {
    /// Why the record cannot be read.
    type Error: Display + Send;

    /// Whether anybody who was called in the HIS is still awaited.
    fn is_anybody_awaited(&self) -> bool;

    /// Whether that person has answered that call from there before, whatever came of it.
    fn has_answered(&self, call: Call, by: &Person)
    -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// Why a task that was closed answers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum NoAnswer {
    /// Another has closed it, or changed it since.
    #[error("a task that another than its assignee closed answers nothing")]
    Another,
    /// Its id is none of ours, or of a task that we gave to somebody else.
    #[error("a task whose id is not ours, or not of its assignee, answers nothing")]
    Forged,
    /// The call was answered, ended or made anew since.
    #[error("a task of a call that is over answers nothing")]
    Over,
    /// An account that is nobody's own.
    #[error("a task of an account that the roster gives to no person answers nothing")]
    Nobody,
}

/// A task of ours that somebody closed, as the site lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Closed {
    id: String,
    assignee: String,
    /// Who saved it last.
    changed_by: String,
}

impl Closed {
    fn of(row: &Value, column: &str) -> Self {
        let text = |field: &str| row.get(field).and_then(Value::as_str).unwrap_or_default();
        let id = if column == EVENT_ID { text(column) } else { tagged(text(column)).unwrap_or_default() };
        let [id, assignee, changed_by] = [id, text("allocated_to"), text("modified_by")].map(str::to_owned);
        Self { id, assignee, changed_by }
    }

    /// Which call it answers, and in whose name.
    fn answers(&self, callees: &dyn Callees) -> Result<(Call, Person), NoAnswer> {
        if self.assignee.is_empty() || self.assignee != self.changed_by {
            return Err(NoAnswer::Another);
        }
        let call = Call::of_task(&self.id).ok_or(NoAnswer::Forged)?;
        if call.task_key(&self.assignee) != self.id {
            return Err(NoAnswer::Forged);
        }
        if afar::is_over(callees, call) {
            return Err(NoAnswer::Over);
        }
        let by = callees.whose(Reach::HisUser(&self.assignee)).ok_or(NoAnswer::Nobody)?;
        Ok((call, by))
    }
}

impl Frappe {
    /// The tasks that we made and others closed lately, the first closed first.
    async fn closed(&self, now: Timestamp) -> Result<Vec<Closed>, Outcome> {
        let Some(us) = self.site.user().await? else {
            return Err(Outcome::Closed {
                why: "the HIS does not say which account this is: let it call frappe.auth.get_logged_user"
                    .to_owned(),
            });
        };
        let shape = self.shape(DOCTYPE).await?;
        let column = id_column(&shape);
        let since = now.saturating_sub(CLOSED_WITHIN).unwrap_or(now).to_zoned(self.zone.clone());
        // Who inserted a document the site itself writes down: others can make none of ours.
        let filters = json!([
            ["owner", "=", us],
            ["status", "=", "Closed"],
            ["modified_by", "!=", us],
            ["modified", ">=", since.strftime("%Y-%m-%d %H:%M:%S").to_string()],
            [column, "like", format!("%{TASK}%")],
        ]);
        let fields = ["name", column, "allocated_to", "modified_by"];
        let rows = self.site.list_newest(DOCTYPE, &filters, &fields, CLOSED_MOST).await?;
        Ok(rows.iter().rev().map(|row| Closed::of(row, column)).collect())
    }
}

/// What is asked for and what it is held against.
pub struct Closings<T> {
    site: Arc<Frappe>,
    tasks: Arc<T>,
    clock: Clock,
}

impl<T: Tasks> Closings<T> {
    /// Tasks at `site`, answered by those whom `tasks` knows.
    #[must_use]
    pub fn of(site: Arc<Frappe>, tasks: Arc<T>, clock: Clock) -> Self {
        Self { site, tasks, clock }
    }

    /// What these are to the ward: each is seen and answered, once.
    async fn answers(&self, closed: &[Closed]) -> Vec<Event> {
        let (mut events, mut known) = (Vec::new(), Vec::new());
        for task in closed {
            let answer = match task.answers(&*self.tasks) {
                Ok(answer) => answer,
                Err(why) => {
                    tracing::debug!(%why, "a task closed in the HIS");
                    continue;
                }
            };
            // A task that was inserted twice, after a lost answer, is closed twice.
            if known.contains(&answer) || !self.is_new(&answer).await {
                continue;
            }
            let (call, by) = answer.clone();
            events.extend([afar::read(call, Destination::Frappe, &by.name), afar::answer(call, by)]);
            known.push(answer);
        }
        events
    }

    /// Where the record cannot be read it is looked at again with the next look.
    async fn is_new(&self, (call, by): &(Call, Person)) -> bool {
        match self.tasks.has_answered(*call, by).await {
            Ok(answered) => !answered,
            Err(fault) => {
                tracing::warn!(%fault, "whether a task closed in the HIS has answered is not known yet");
                false
            }
        }
    }
}

impl<T: Tasks> Look for Closings<T> {
    fn clock(&self) -> &Clock {
        &self.clock
    }

    async fn look(&self) -> Result<Vec<Event>, Outcome> {
        if !self.tasks.is_anybody_awaited() {
            return Ok(Vec::new());
        }
        let closed = self.site.closed(self.clock.wall().timestamp()).await?;
        Ok(self.answers(&closed).await)
    }
}

#[cfg(test)]
mod tests;
