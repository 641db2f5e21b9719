//! Waiting for what is to come. A story never waits for time to pass: it says what it waits for and how long
//! at most.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use anyhow::anyhow;

/// How long to wait before asking again.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// Asks until there is an answer. `None` and an error both mean "not yet"; the last error is told when time
/// is up.
///
/// # Errors
/// Nothing came `within` the time; the error names `what` was waited for.
pub async fn until<T, E, Ask, Answer>(what: &str, within: Duration, mut ask: Ask) -> anyhow::Result<T>
where
    E: Display,
    Ask: FnMut() -> Answer,
    Answer: Future<Output = Result<Option<T>, E>>,
{
    let mut last = String::from("not yet");
    let asking = async {
        loop {
            match ask().await {
                Ok(Some(answer)) => return answer,
                Ok(None) => "not yet".clone_into(&mut last),
                Err(fault) => last = format!("{fault:#}"),
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    };
    let answered = tokio::time::timeout(within, asking).await;
    answered.map_err(|_| anyhow!("waited {within:?} in vain for {what}: {last}"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn an_answer_ends_the_wait() {
        let asked = Cell::new(0);
        let answer = until("a third question", Duration::from_secs(10), || {
            asked.set(asked.get() + 1);
            std::future::ready(Ok::<_, String>((asked.get() == 3).then_some("here")))
        });
        assert_eq!(answer.await.unwrap(), "here");
        assert_eq!(asked.get(), 3);
    }

    #[tokio::test]
    async fn silence_is_told_with_its_last_reason() {
        let silent = until("a ghost", Duration::from_millis(1), || {
            std::future::ready(Err::<Option<()>, _>("nobody is there"))
        });
        let told = silent.await.unwrap_err().to_string();
        assert!(told.contains("a ghost") && told.contains("nobody is there"), "{told}");
    }
}
