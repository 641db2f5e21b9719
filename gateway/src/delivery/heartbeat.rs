//! The heartbeat: tells a watch outside the house that this gateway lives, by one bare question. It carries
//! nothing, and it does not know when it may be sent.

use reqwest::{Client, Url};

use super::http::{HttpFault, Unanswered, ask, base_url, client};

/// Whom to tell.
pub struct Heartbeat {
    client: Client,
    url: Url,
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Heartbeat(..)")
    }
}

impl Heartbeat {
    /// The watch at this address.
    ///
    /// # Errors
    /// When it cannot be spoken to.
    pub fn new(url: &str) -> Result<Self, HttpFault> {
        Ok(Self { url: base_url(url)?, client: client()? })
    }

    /// Where the watch is, as it may be shown: what comes after the machine may be the secret by which the
    /// watch knows us.
    #[must_use]
    pub fn address(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Tells it once.
    ///
    /// # Errors
    /// Why it was not heard.
    pub async fn beat(&self) -> Result<(), String> {
        match ask(self.client.get(self.url.clone())).await {
            Ok(answer) if answer.is_good() => Ok(()),
            Ok(answer) => Err(format!("the watch outside answered {}", answer.status)),
            Err(Unanswered::NotReached(why) | Unanswered::Lost(why)) => {
                Err(format!("the watch outside {why}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// What one beat asks of a watch that answers so, and what comes of it.
    async fn beat(answer: &str) -> (String, Result<(), String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ping/s3cret", listener.local_addr().unwrap());
        let heartbeat = Heartbeat::new(&url).unwrap();
        assert!(!heartbeat.address().contains("s3cret") && !format!("{heartbeat:?}").contains("s3cret"));
        let outside = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4_096];
            let read = stream.read(&mut asked).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&asked[..read]).into_owned()
        };
        tokio::join!(outside, heartbeat.beat())
    }

    #[tokio::test]
    async fn a_beat_is_a_bare_question() {
        let (asked, heard) = beat("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK").await;
        assert_eq!(heard, Ok(()));
        assert!(asked.starts_with("GET /ping/s3cret HTTP/1.1\r\n"), "{asked}");
        assert!(asked.ends_with("\r\n\r\n"), "nothing follows the head: {asked}");
    }

    #[tokio::test]
    async fn a_refusal_and_a_redirect_are_not_heard() {
        for answer in ["404 Not Found", "302 Found"] {
            let (_, heard) = beat(&format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n")).await;
            let why = heard.unwrap_err();
            assert!(why.contains(&answer[..3]) && !why.contains("s3cret"), "{why}");
        }
    }
}
