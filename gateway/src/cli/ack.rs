//! `wardlight ack`: answers an alert of the gateway that runs, as the board does: name, PIN and, for a
//! laboratory critical, the value read back. Whether it counts is the bed's to say.

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
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Read the PIN from the first line of standard input.
    #[arg(long, required = true)]
    pin_stdin: bool,
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
    let answering = answering(args, &reach::pin()?);
    let answer = gateway.post(&["api", "v1", "alerts", &args.id, "acknowledge"], &answering).await?;
    if args.output == Output::Json {
        writeln!(out, "{}", answer.body)?;
    } else {
        writeln!(out, "{}", told(&args.id, &answer))?;
    }
    Ok(if answer.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn answering(args: &Args, pin: &str) -> Value {
    let mut body = json!({ "by": args.by, "pin": pin, "station": args.station });
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

    #[test]
    fn what_was_not_typed_is_not_sent() {
        let args = Args {
            id: "a".to_owned(),
            by: "asha".to_owned(),
            pin_stdin: true,
            read_back: Some("-7.10".to_owned()),
            note: None,
            station: "cli".to_owned(),
            output: Output::Table,
            place: Where::default(),
        };
        let sent = json!({"by": "asha", "pin": "2468", "station": "cli", "read_back": "-7.10"});
        assert_eq!(answering(&args, "2468"), sent);
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
