//! `wardlight ack`: answers an alert of the gateway that runs, as the board does: name and PIN, or a badge,
//! and for a laboratory critical the value read back. Whether it counts is the bed's to say. Neither PIN nor
//! badge is ever an argument, and neither is printed.

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::reach::{self, Answer, Gateway, Where};
use super::settings::Files;
use super::sheet::{Output, cell};

/// Which alert, and who answers it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The alert, as `wardlight alerts` lists it.
    id: String,
    /// The name of the account.
    #[arg(long, value_name = "NAME", required_unless_present = "badge_stdin")]
    by: Option<String>,
    /// Read the PIN from the first line of standard input.
    #[arg(long, required_unless_present = "badge_stdin")]
    pin_stdin: bool,
    /// Read a badge from the first line of standard input, as its reader types it: it says the name itself.
    #[arg(long, conflicts_with_all = ["by", "pin_stdin"])]
    badge_stdin: bool,
    /// The value of a laboratory critical, as it was read back.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    read_back: Option<String>,
    /// What is being done, for the record.
    #[arg(long)]
    note: Option<String>,
    /// Where this is, for the record.
    #[arg(long, default_value = "cli")]
    station: String,
    /// The gateway's whole answer as one JSON line in place of a sentence.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    #[command(flatten)]
    place: Where,
}

/// Answers, and prints what the gateway said.
///
/// # Errors
/// The gateway cannot be found or does not answer.
pub(super) async fn run(files: &Files, args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::find(files, &args.place)?;
    let answering = answering(args, &reach::proof()?);
    let answer = gateway.post(&["api", "v1", "alerts", &args.id, "acknowledge"], &answering).await?;
    if args.output == Output::Json {
        writeln!(out, "{}", answer.body)?;
    } else {
        writeln!(out, "{}", told(&args.id, &answer))?;
    }
    Ok(if answer.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is sent; `proof` is the PIN, or the badge.
fn answering(args: &Args, proof: &str) -> Value {
    let mut body = match &args.by {
        Some(by) => json!({ "by": by, "pin": proof, "station": args.station }),
        None => json!({ "badge": proof, "station": args.station }),
    };
    if let Value::Object(members) = &mut body {
        let more = [("read_back", &args.read_back), ("note", &args.note)];
        members.extend(more.into_iter().filter_map(|(name, typed)| {
            typed.as_ref().map(|typed| (name.to_owned(), Value::from(typed.as_str())))
        }));
    }
    body
}

/// The answer as a sentence.
fn told(id: &str, answer: &Answer) -> String {
    if !answer.is_good() {
        return format!("{id} not acknowledged: {}", answer.detail());
    }
    let state = cell(&answer.body, "/state");
    match answer.body.get("title").and_then(Value::as_str) {
        Some(title) => format!("{id} {state}: bed {}, {title}", cell(&answer.body, "/bed")),
        None => format!("{id} {state}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Typed {
        #[command(flatten)]
        args: Args,
    }

    fn typed(line: &str) -> Result<Args, clap::Error> {
        let words = std::iter::once("ack").chain(line.split(' '));
        <Typed as clap::Parser>::try_parse_from(words).map(|typed| typed.args)
    }

    #[test]
    fn what_was_not_typed_is_not_sent() {
        let args = typed("a --by asha --pin-stdin --read-back -7.10").unwrap();
        let sent = json!({"by": "asha", "pin": "2468", "station": "cli", "read_back": "-7.10"});
        assert_eq!(answering(&args, "2468"), sent);
        let args = typed("a --badge-stdin --station desk").unwrap();
        assert_eq!(answering(&args, "04A2:19F3"), json!({"badge": "04A2:19F3", "station": "desk"}));
    }

    #[test]
    fn it_is_name_and_pin_or_a_badge() {
        for line in [
            "a",
            "a --by asha",
            "a --pin-stdin",
            "a --badge-stdin --by asha",
            "a --badge-stdin --pin-stdin",
            "a --badge-stdin 04A2:19F3",
        ] {
            assert!(typed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_answer_is_a_sentence_whether_it_counts_or_not() {
        let of = |status, body| told("a1", &Answer { status, body });
        let done = json!({"state": "acknowledged", "bed": "07", "title": "Potassium 7.1 mmol/L"});
        assert_eq!(of(200, done), "a1 acknowledged: bed 07, Potassium 7.1 mmol/L");
        assert_eq!(of(200, json!({"id": "a1", "state": "resolved"})), "a1 resolved");
        let refused = json!({"detail": "already answered by ben"});
        assert_eq!(of(409, refused), "a1 not acknowledged: already answered by ben");
    }
}
