//! The MLLP port with its real intake, and a ward behind the door that stores whatever it is handed.

use std::net::SocketAddr;
use std::sync::Arc;

use gateway::clock::Clock;
use gateway::event::{Arrival, Door, Knocks, Verdict};
use gateway::ingest::intake::Hl7Intake;
use gateway::ingest::mllp::{Limits, serve};
use gateway::ingest::profile::{Profiles, Site};
use jiff::tz::TimeZone;
use rules::Moment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A listener for as long as it is in sight.
pub(crate) struct Port {
    to: SocketAddr,
    knocks: Knocks,
    _serving: JoinSet<()>,
}

/// What became of one stream.
pub(crate) struct Taken {
    /// Everything that was answered, framing and all.
    pub(crate) answered: Vec<u8>,
    /// Everything that was handed to the ward.
    pub(crate) arrivals: Vec<Arrival>,
}

/// The site of the sample, in a zone that is the same everywhere.
pub(crate) fn site() -> Site {
    Site { zone: TimeZone::UTC, uhid_authority: String::new(), profiles: Profiles::shipped() }
}

impl Port {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let to = listener.local_addr().expect("bound");
        let (door, knocks) = Door::new();
        let intake = Hl7Intake::new("mllp", door, Arc::new(site()), Clock::starting_after(Moment(0)));
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, None, intake, Limits::default(), CancellationToken::new()));
        Self { to, knocks, _serving: serving }
    }

    /// Sends a stream and its end, stores everything that arrives of it, and waits for the last answer.
    pub(crate) async fn take(&mut self, stream: &[u8]) -> Taken {
        let talk = async {
            let mut socket = TcpStream::connect(self.to).await.expect("it listens");
            let mut answered = Vec::new();
            let (mut read, mut write) = socket.split();
            let sending = async {
                // A stream that is given up half way is not read to its end.
                let _ = write.write_all(stream).await;
                let _ = write.shutdown().await;
            };
            let _ = tokio::join!(sending, read.read_to_end(&mut answered));
            answered
        };
        tokio::pin!(talk);
        let mut arrivals = Vec::new();
        loop {
            tokio::select! {
                answered = &mut talk => return Taken { answered, arrivals },
                Some(knock) = self.knocks.next() => {
                    arrivals.push(knock.arrival);
                    let _ = knock.verdict.send(Verdict::Stored(Vec::new()));
                }
            }
        }
    }
}

impl Taken {
    /// MSA-1 and MSA-2 of each answer.
    pub(crate) fn answers(&self) -> Vec<String> {
        let blocks = self.answered.split(|byte| *byte == 0x1c).filter(|block| block.len() > 1);
        blocks.map(acknowledged).collect()
    }

    /// The bytes that are kept, in order.
    pub(crate) fn kept(&self) -> Vec<u8> {
        let raws = self.arrivals.iter().filter_map(|arrival| arrival.raw.as_ref());
        raws.flat_map(|raw| raw.bytes.iter().copied()).collect()
    }
}

fn acknowledged(block: &[u8]) -> String {
    let text = String::from_utf8_lossy(block);
    let msa = text.split('\r').find_map(|line| line.strip_prefix("MSA"));
    let mark = msa.and_then(|msa| msa.chars().next()).expect("an MSA");
    let fields: Vec<&str> = msa.unwrap_or_default().split(mark).collect();
    format!("{} {}", fields[1], fields[2]).trim_end().to_owned()
}
