//! Tests of whole conversations, over pipes with paused time and over real sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use super::*;
use crate::tls::authority::{Authority, Pair};
use crate::tls::{ClientFiles, Outward, ServerFiles, client_name};
use crate::traffic::Line;

/// Answers each frame with its own content or the reason of its refusal, once it is let.
#[derive(Clone, Default)]
struct Echo {
    taken: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
    waiting: Arc<AtomicUsize>,
    held_back: Option<Arc<Notify>>,
}

impl Intake for Echo {
    async fn take(&self, _: SocketAddr, frame: Frame) -> Vec<Vec<u8>> {
        self.taken.fetch_add(1, Ordering::SeqCst);
        let at_once = self.waiting.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        if let Some(gate) = &self.held_back {
            gate.notified().await;
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        match frame {
            Frame::Message(bytes) => vec![bytes.to_vec()],
            Frame::Refused { why, .. } => vec![format!("{why:?}").into_bytes()],
            Frame::Transport { .. } => Vec::new(),
        }
    }

    async fn turn_away(&self, _: SocketAddr, _: TurnedAway) {
        self.taken.fetch_add(1, Ordering::SeqCst);
    }
}

const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// One end of a conversation; the other is the gateway's.
fn talk_to(echo: &Echo, limits: Limits) -> (DuplexStream, JoinSet<()>, CancellationToken) {
    let (ours, theirs) = duplex(256 * 1024);
    let shutdown = CancellationToken::new();
    let conversation = Conversation::new(theirs, NOWHERE, Terms::new(limits, shutdown.clone()));
    let mut tasks = JoinSet::new();
    let echo = echo.clone();
    tasks.spawn(async move {
        let _ = conversation.run(echo).await;
    });
    (ours, tasks, shutdown)
}

fn block(content: &str) -> Vec<u8> {
    [b"\x0b", content.as_bytes(), b"\x1c\r"].concat()
}

async fn all_that_comes(stream: &mut DuplexStream) -> String {
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.unwrap();
    String::from_utf8(answers).unwrap()
}

#[tokio::test(start_paused = true)]
async fn pipelined_messages_are_answered_in_order() {
    let echo = Echo::default();
    let (mut peer, _tasks, _stop) = talk_to(&echo, Limits::default());
    for number in 0..100 {
        peer.write_all(&block(&format!("MSH|{number}\r"))).await.unwrap();
    }
    peer.shutdown().await.unwrap();
    let expected: String =
        (0..100).map(|number| format!("\x0bMSH|{number}\r\x1c\r")).collect::<Vec<_>>().concat();
    assert_eq!(all_that_comes(&mut peer).await, expected);
}

#[tokio::test(start_paused = true)]
async fn so_many_wait_at_once_and_no_more() {
    let gate = Arc::new(Notify::new());
    let echo = Echo { held_back: Some(Arc::clone(&gate)), ..Echo::default() };
    let (mut peer, _tasks, _stop) = talk_to(&echo, Limits { in_flight: 8, ..Limits::default() });
    for _ in 0..20 {
        peer.write_all(&block("MSH|\r")).await.unwrap();
    }
    // Time is paused: it moves only once every task waits, so nothing further can happen by itself.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(echo.taken.load(Ordering::SeqCst), 8);
    for _ in 0..20 {
        gate.notify_waiters();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(echo.taken.load(Ordering::SeqCst), 20);
    assert_eq!(echo.most_at_once.load(Ordering::SeqCst), 8);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_go_on_is_refused_after_a_while() {
    for (stream, answer) in [
        (&b"\x0bMSH|^~\\&|half"[..], "\x0bUnfinished\x1c\r"),
        (b"MSH|^~\\&|no framing\r", "\x0bUnframed\x1c\r"),
        (b"hello\n", "\x0bNoise\x1c\r"),
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00", "\x0bTls\x1c\r"),
    ] {
        let (mut peer, _tasks, _stop) = talk_to(&Echo::default(), Limits::default());
        peer.write_all(stream).await.unwrap();
        assert_eq!(all_that_comes(&mut peer).await, answer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_cap_is_answered_while_it_is_still_sent() {
    let limits = Limits { frame_bytes: 1_000, ..Limits::default() };
    let (mut peer, mut tasks, _stop) = talk_to(&Echo::default(), limits);
    peer.write_all(b"\x0bMSH|").await.unwrap();
    for _ in 0..1_000 {
        peer.write_all(&[b'x'; 4_096]).await.unwrap();
    }
    assert_eq!(all_that_comes(&mut peer).await, "\x0bTooLong { cap: 1000 }\x1c\r");
    drop(peer);
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn large_messages_share_one_room() {
    let gate = Arc::new(Notify::new());
    let echo = Echo { held_back: Some(Arc::clone(&gate)), ..Echo::default() };
    let limits = Limits { held_bytes: 192 * 1024, ..Limits::default() };
    let terms = Terms::new(limits, CancellationToken::new());
    let mut tasks = JoinSet::new();
    let mut peers = Vec::new();
    for _ in 0..2 {
        let (mut ours, theirs) = duplex(512 * 1024);
        tasks.spawn(Conversation::new(theirs, NOWHERE, terms.clone()).run(echo.clone()));
        ours.write_all(&block(&format!("MSH|{}", "x".repeat(250_000)))).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        peers.push(ours);
    }
    gate.notify_waiters();
    for (peer, is_refused) in peers.iter_mut().zip([false, true]) {
        peer.shutdown().await.unwrap();
        assert_eq!(all_that_comes(peer).await.contains("NoRoom"), is_refused);
    }
    // What was answered gives its room back.
    let (mut again, theirs) = duplex(512 * 1024);
    tasks.spawn(Conversation::new(theirs, NOWHERE, terms).run(Echo::default()));
    again.write_all(&block(&format!("MSH|{}", "x".repeat(250_000)))).await.unwrap();
    again.shutdown().await.unwrap();
    assert!(all_that_comes(&mut again).await.contains("MSH|xxx"));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_let_go() {
    let echo = Echo::default();
    let (mut peer, mut tasks, _stop) = talk_to(&echo, Limits::default());
    let big = block(&format!("MSH|{}\r", "x".repeat(60_000)));
    let flood = async { while peer.write_all(&big).await.is_ok() {} };
    tokio::join!(flood, async { tasks.join_next().await.unwrap().unwrap() });
    assert!(echo.taken.load(Ordering::SeqCst) < 30, "reading stopped when answers were left unread");
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_what_is_being_committed_be_answered() {
    let gate = Arc::new(Notify::new());
    let echo = Echo { held_back: Some(Arc::clone(&gate)), ..Echo::default() };
    let (mut peer, _tasks, stop) = talk_to(&echo, Limits::default());
    peer.write_all(&block("MSH|1\r")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    stop.cancel();
    tokio::time::sleep(Duration::from_millis(1)).await;
    gate.notify_waiters();
    assert_eq!(all_that_comes(&mut peer).await, "\x0bMSH|1\r\x1c\r");
}

/// A listener on a free port.
async fn listening(limits: Limits) -> (SocketAddr, JoinSet<()>, CancellationToken) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(serve(listener, None, Echo::default(), limits, shutdown.clone()));
    (address, tasks, shutdown)
}

#[tokio::test]
async fn a_message_goes_over_a_socket_and_its_answer_comes_back() {
    let (address, mut tasks, stop) = listening(Limits::default()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let large = format!("MSH|{}\r", "x".repeat(1_000_000));
    for message in ["MSH|1\r", "MSH|2\r", &large] {
        let answer = send(&mut stream, message.as_bytes(), Duration::from_secs(10)).await.unwrap();
        assert_eq!(answer, message.as_bytes());
    }
    stop.cancel();
    tasks.join_next().await.unwrap().unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0, "a stop closes the connection");
}

#[tokio::test]
async fn at_the_bound_whoever_never_said_anything_gives_way() {
    let (address, _tasks, _stop) = listening(Limits { connections: 2, ..Limits::default() }).await;
    let mut proven = TcpStream::connect(address).await.unwrap();
    send(&mut proven, b"MSH|1\r", Duration::from_secs(10)).await.unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"\x0bMSH|half").await.unwrap();
    for number in 0..3 {
        let mut newcomer = TcpStream::connect(address).await.unwrap();
        let message = format!("MSH|new {number}\r");
        let answer = send(&mut newcomer, message.as_bytes(), Duration::from_secs(10)).await.unwrap();
        assert_eq!(answer, message.as_bytes());
        drop(newcomer);
        if number == 0 {
            let mut answer = Vec::new();
            half.read_to_end(&mut answer).await.unwrap();
            assert_eq!(answer, b"\x0bUnfinished\x1c\r", "what had come of it is handed on");
        }
    }
    send(&mut proven, b"MSH|2\r", Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_a_place() {
    let (address, _tasks, _stop) = listening(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    send(&mut first, b"MSH|1\r", Duration::from_secs(10)).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    let early = send(&mut second, b"MSH|2\r", Duration::from_millis(100)).await;
    assert!(matches!(early, Err(SendError::TimedOut { .. })), "{early:?}");
    drop(first);
    let mut answer = [0; 9];
    second.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"\x0bMSH|2\r\x1c\r");
}

#[tokio::test]
async fn at_the_bound_whoever_has_said_nothing_makes_room() {
    let (address, _tasks, _stop) = listening(Limits { connections: 3, ..Limits::default() }).await;
    let mut speaker = TcpStream::connect(address).await.unwrap();
    send(&mut speaker, b"MSH|1\r", Duration::from_secs(10)).await.unwrap();
    let mut oldest = TcpStream::connect(address).await.unwrap();
    let mut younger = TcpStream::connect(address).await.unwrap();
    let mut newcomers = Vec::new();
    for silent in [&mut oldest, &mut younger] {
        let mut newcomer = TcpStream::connect(address).await.unwrap();
        assert_eq!(send(&mut newcomer, b"MSH|2\r", Duration::from_secs(10)).await.unwrap(), b"MSH|2\r");
        assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0, "the oldest first gives its place away");
        newcomers.push(newcomer);
    }
    send(&mut speaker, b"MSH|3\r", Duration::from_secs(10)).await.unwrap();
    let mut last = TcpStream::connect(address).await.unwrap();
    let early = send(&mut last, b"MSH|4\r", Duration::from_millis(100)).await;
    assert!(matches!(early, Err(SendError::TimedOut { .. })), "all have spoken: {early:?}");
}

/// What `send` makes of a peer that answers with these pieces and then closes.
async fn answered_with(pieces: &[&[u8]]) -> Result<Vec<u8>, SendError> {
    let (mut ours, mut theirs) = duplex(1_024);
    let peer = async move {
        let mut block = [0; 9];
        theirs.read_exact(&mut block).await.unwrap();
        for piece in pieces {
            theirs.write_all(piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if pieces.is_empty() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        answer = send(&mut ours, b"MSH|1\r", Duration::from_secs(5)) => answer,
        ((), never) = async { tokio::join!(peer, std::future::pending()) } => never,
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_come_in_pieces_and_a_wrong_one_is_shown() {
    let whole: &[&[u8]] = &[b"\x0b\x06\x1c\r", b"\x0bMSH|A", b"\rMSA|AA|1\r", b"\x1c"];
    assert_eq!(answered_with(whole).await.unwrap(), b"MSH|A\rMSA|AA|1\r");
    assert!(matches!(answered_with(&[b"\x0b\x15\x1c\r"]).await, Err(SendError::NotReceived)));
    assert!(matches!(answered_with(&[b"\r\n"]).await, Err(SendError::Closed)));
    let fault = answered_with(&[b"ERROR: no such patient\r\n"]).await.unwrap_err().to_string();
    assert!(fault.contains("ERROR: no such patient"), "{fault}");
    let fault = answered_with(&[]).await.unwrap_err().to_string();
    assert_eq!(fault, "no acknowledgement within 5 s: nothing came");
}

/// A gateway that is dialled, the test behind its port, and how the line is.
async fn dialled(echo: &Echo) -> (TcpListener, watch::Receiver<Line>, JoinSet<()>, CancellationToken) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let called = Called { address, host: "localhost".into(), tls: None, silence: Duration::from_mins(1) };
    let ((line, seen), stop) = (watch::channel(Line::not_yet()), CancellationToken::new());
    let mut tasks = JoinSet::new();
    tasks.spawn(dial(called, echo.clone(), line, stop.clone()));
    (listener, seen, tasks, stop)
}

#[tokio::test]
async fn a_dialled_gateway_is_answered_like_any_other_and_called_again_when_it_hangs_up() {
    let (listener, mut line, mut tasks, stop) = dialled(&Echo::default()).await;
    for number in 0..3 {
        let (mut gateway, _) = listener.accept().await.unwrap();
        let message = format!("MSH|{number}\r");
        let answer = send(&mut gateway, message.as_bytes(), Duration::from_secs(10)).await.unwrap();
        assert_eq!(answer, message.as_bytes());
    }
    let (gateway, _) = listener.accept().await.unwrap();
    line.wait_for(Line::is_up).await.unwrap();
    drop(gateway);
    line.wait_for(|line| !line.is_up()).await.unwrap();
    stop.cancel();
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stop_ends_the_line_after_what_is_being_committed() {
    let gate = Arc::new(Notify::new());
    let echo = Echo { held_back: Some(Arc::clone(&gate)), ..Echo::default() };
    let (listener, mut line, mut tasks, stop) = dialled(&echo).await;
    let (mut gateway, _) = listener.accept().await.unwrap();
    gateway.write_all(&block("MSH|1\r")).await.unwrap();
    line.wait_for(Line::is_up).await.unwrap();
    stop.cancel();
    gate.notify_one();
    let mut answer = Vec::new();
    gateway.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, block("MSH|1\r"));
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_gateway_is_dialled_over_tls_and_hears_our_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new(folder.path(), "ours").unwrap();
    let (Pair { certificate, key }, own) = (ours.server().unwrap(), ours.client("wardlight").unwrap());
    let entrance = Entrance::open(ServerFiles { certificate, key, client_ca: Some(ours.ca()) }).unwrap();
    let files = ClientFiles { ca: ours.ca(), certificate: Some(own.certificate), key: Some(own.key) };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let called = Called {
        address: listener.local_addr().unwrap().to_string(),
        host: "127.0.0.1".into(),
        tls: Some(Outward::open(&files).unwrap()),
        silence: Duration::from_mins(1),
    };
    let mut tasks = JoinSet::new();
    let (line, _seen) = watch::channel(Line::not_yet());
    tasks.spawn(dial(called, Echo::default(), line, CancellationToken::new()));
    let mut gateway = entrance.admit(listener.accept().await.unwrap().0).await.unwrap();
    assert_eq!(client_name(&gateway).as_deref(), Some("wardlight"));
    let answer = send(&mut gateway, b"MSH|1\r", Duration::from_secs(10)).await.unwrap();
    assert_eq!(answer, b"MSH|1\r");
}
