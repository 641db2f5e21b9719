//! What an end is told to answer next, instead of what it would: the plan of a test or of the demo. Only
//! requests that write use it up, so that a reader in the background does not eat the plan.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::held;

/// One planned turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn<A> {
    /// Refuse with this and do nothing.
    Answer(A),
    /// Do what was asked, then close the line before the answer: the sender cannot know.
    LoseAnswer,
}

/// The marker on a response that must not reach its sender.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerLost;

/// The turns to come, first in first out. Clones share one plan; the lock is held for a push or a pop.
#[derive(Debug, Clone)]
pub struct Script<A>(Arc<Mutex<VecDeque<Turn<A>>>>);

impl<A> Default for Script<A> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<A: Clone> Script<A> {
    /// The next `times` writes are answered with `answer`.
    pub fn fail_next(&self, times: usize, answer: &A) {
        held(&self.0).extend(std::iter::repeat_n(Turn::Answer(answer.clone()), times));
    }

    /// The next `times` writes are done, and their answers lost.
    pub fn lose_next(&self, times: usize) {
        held(&self.0).extend(std::iter::repeat_n(Turn::LoseAnswer, times));
    }

    /// Takes the next turn, if one is planned.
    pub(super) fn take(&self) -> Option<Turn<A>> {
        held(&self.0).pop_front()
    }
}
