//! The child process that holds the sound device.
//!
//! Sound lives in a process of its own because a failed audio stream may hang whoever drops it, spin, or move
//! to another device in silence; a process can be killed. It reads what must sound from standard input,
//! proves on standard output that the device takes samples, and ends when its input does. Whatever the sound
//! libraries print goes to standard error. It never chooses what sounds, with one exception: a parent that is
//! silent for two seconds is announced with the high burst, because then nobody judges.

use std::collections::VecDeque;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::feed::{Begun, Desk, Feed, Told};
use super::line::{Announced, Report, Word};
use super::sink::{Sink, SinkError};
use super::voice::Call;

/// How often progress is told. The parent takes half a second without any for a fault.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// The sink is looked for once in so many reports: each second.
const LOOK_EVERY: u32 = 10;

/// How many bursts and marks may wait to be told.
const TOLD_WAITING: usize = 64;

/// How many alerts are remembered by their number, so that a burst is told with its alert though the next is
/// wanted.
const ALERTS_KEPT: usize = 16;

/// Plays on a device until standard input ends. Returns the exit code: 0, or 1 with a `failed` line before
/// it.
#[must_use]
pub fn run_child(device: &str, out: &mut impl Write) -> u8 {
    match play(device, out) {
        Ok(()) => 0,
        Err(fault) => {
            // The exit code says it too, should nobody be there to read this.
            let _ = tell(out, &Report::Failed { why: fault.to_string() });
            1
        }
    }
}

/// Why the child ends before its input does.
#[derive(Debug, thiserror::Error)]
enum ChildError {
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error("the sound device let go of its samples; it is opened again")]
    LetGo,
    #[error("the gateway does not listen ({0})")]
    Parent(#[from] std::io::Error),
}

fn play(device: &str, out: &mut impl Write) -> Result<(), ChildError> {
    let desk = Arc::new(Desk::default());
    let (tell_of, told_of) = sync_channel(TOLD_WAITING);
    let feed = Feed::new(Arc::clone(&desk), tell_of);
    let sink = Sink::open(device, feed, Arc::clone(&desk))?;
    tell(out, &Report::Opened { device: sink.name().to_owned() })?;
    let orders = Arc::new(Orders::default());
    let listener = (Arc::clone(&orders), Arc::clone(&desk));
    std::thread::spawn(move || listener.0.follow(std::io::stdin().lock(), &listener.1));
    let mut told: u32 = 0;
    while !orders.ended.load(Ordering::Relaxed) {
        tell(out, &next_report(&told_of, &orders, &desk)?)?;
        told = told.wrapping_add(1);
        if told.is_multiple_of(LOOK_EVERY) {
            sink.still_there()?;
        }
    }
    Ok(())
}

/// Waits for a burst or a mark, for a tenth of a second; then tells progress.
fn next_report(told_of: &Receiver<Told>, orders: &Orders, desk: &Desk) -> Result<Report, ChildError> {
    match told_of.recv_timeout(TELL_EVERY) {
        Ok(Told::Burst(begun)) => Ok(orders.named(begun)),
        Ok(Told::Mark { round, at }) => Ok(Report::Canary { round, at }),
        Err(RecvTimeoutError::Timeout) => {
            let errors = desk.errors().map(|(kind, count)| (kind.to_owned(), count)).collect();
            Ok(Report::Pulled { samples: desk.pulled(), errors })
        }
        Err(RecvTimeoutError::Disconnected) => Err(ChildError::LetGo),
    }
}

fn tell(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

/// What the parent asked, and for whom.
#[derive(Debug, Default)]
struct Orders {
    /// The latest alerts by the number under which the voice knows them.
    alerts: Mutex<VecDeque<(u64, Announced)>>,
    ended: AtomicBool,
}

impl Orders {
    /// Follows the parent's lines to their end. A line that cannot be read counts as none.
    fn follow(&self, lines: impl BufRead, desk: &Desk) {
        for line in lines.lines() {
            let Ok(line) = line else { break };
            match serde_json::from_str(&line) {
                Ok(Word::Sound(asked)) => {
                    desk.hear(asked.map(|asked| (self.numbered(asked.of), asked.percent)));
                }
                Ok(Word::Canary { canary }) => desk.mark(canary),
                Err(_) => {}
            }
        }
        self.ended.store(true, Ordering::Relaxed);
    }

    /// The call for what is asked: the last one where it is asked again, else one with the next number.
    fn numbered(&self, asked: Announced) -> Call {
        let mut alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        let priority = asked.priority;
        let number = match alerts.back() {
            Some((number, last)) if *last == asked => *number,
            last => last.map_or(1, |(number, _)| number + 1),
        };
        if alerts.back().is_none_or(|(last, _)| *last != number) {
            alerts.push_back((number, asked));
        }
        if alerts.len() > ALERTS_KEPT {
            alerts.pop_front();
        }
        Call { priority, number }
    }

    /// The report of a burst, with its alert's name.
    fn named(&self, begun: Begun) -> Report {
        let alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        let alert = alerts.iter().find(|(number, _)| *number == begun.call.number);
        Report::Begun {
            alert: alert.map(|(_, asked)| asked.alert.clone()),
            priority: begun.call.priority,
            at: begun.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use rules::Priority;

    use super::super::feed::PARENT_IS_SILENT;
    use super::*;

    fn asked(alert: &str) -> Announced {
        Announced { alert: alert.to_owned(), priority: Priority::High }
    }

    #[test]
    fn asking_again_is_the_same_call_and_another_alert_is_another() {
        let orders = Orders::default();
        let first = orders.numbered(asked("a"));
        assert_ne!(first.number, PARENT_IS_SILENT);
        assert_eq!(orders.numbered(asked("a")), first);
        assert_ne!(orders.numbered(asked("b")), first);
        let at = 5;
        let report = orders.named(Begun { call: first, at });
        assert_eq!(report, Report::Begun { alert: Some("a".to_owned()), priority: Priority::High, at });
    }

    #[test]
    fn the_burst_for_a_silent_parent_names_no_alert() {
        let call = Call { priority: Priority::High, number: PARENT_IS_SILENT };
        let report = Orders::default().named(Begun { call, at: 0 });
        assert!(matches!(report, Report::Begun { alert: None, .. }));
    }

    #[test]
    fn garbage_is_no_word_of_the_parent_and_its_end_is_told() {
        let orders = Orders::default();
        let desk = Desk::default();
        orders.follow(&b"{\"alert\":\"a\",\"priority\":\"High\"}\nnonsense\n\xff\xff\nnull\n"[..], &desk);
        assert!(orders.ended.load(Ordering::Relaxed));
        assert_eq!(orders.alerts.lock().unwrap().len(), 1);
    }
}
