//! Handshakes over real sockets, with certificates made on the spot.

use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::tls::authority::{Authority, Pair};
use crate::tls::{ClientFiles, Outward};

fn files(pair: &Pair, client_ca: Option<PathBuf>) -> ServerFiles {
    ServerFiles { certificate: pair.certificate.clone(), key: pair.key.clone(), client_ca }
}

fn trusting(authority: &Authority, own: Option<&Pair>) -> Outward {
    let (certificate, key) = own.map(|pair| (pair.certificate.clone(), pair.key.clone())).unzip();
    Outward::open(&ClientFiles { ca: authority.ca(), certificate, key }).unwrap()
}

/// Both ends of one connection.
async fn wire() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (ours, listener.accept().await.unwrap().0)
}

/// What the entrance makes of a client; the client goes on to read, as clients of TLS 1.3 learn late that
/// they were turned away.
async fn shake(entrance: &Entrance, client: &Outward) -> Result<Option<String>, String> {
    let (ours, theirs) = wire().await;
    let client = async {
        if let Ok(mut stream) = client.connect("localhost", ours).await {
            let _ = stream.read(&mut [0; 1]).await;
        }
    };
    let entered = async { entrance.admit(theirs).await.map(|stream| client_name(&stream)) };
    let (entered, ()) = tokio::join!(entered, client);
    entered.map_err(|turned| turned.why)
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate_and_turned_away_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, foreign) = (authority(folder.path(), "ours"), authority(folder.path(), "foreign"));
    let entrance = Entrance::open(files(&ours.server().unwrap(), Some(ours.ca()))).unwrap();
    let device = trusting(&ours, Some(&ours.client("monitor-7").unwrap()));
    assert_eq!(shake(&entrance, &device).await, Ok(Some("monitor-7".to_owned())));
    let nobody = shake(&entrance, &trusting(&ours, None)).await.unwrap_err();
    assert!(nobody.contains("no certificates"), "{nobody}");
    let stranger = trusting(&ours, Some(&foreign.client("monitor-7").unwrap()));
    let stranger = shake(&entrance, &stranger).await.unwrap_err();
    assert!(stranger.contains("invalid peer certificate"), "{stranger}");
    assert_eq!(entrance.turned_away(), (2, Some(stranger)));
}

#[tokio::test]
async fn plaintext_at_the_door_is_named_and_silence_is_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(folder.path(), "ours");
    let entrance = Entrance::open(files(&ours.server().unwrap(), None)).unwrap();
    for (said, named) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "HTTP was spoken without TLS"),
        (b"\x0bMSH|^~\\&|\x1c\r", "HL7 was spoken without TLS"),
        (b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02m1", "MQTT was spoken without TLS"),
        (b"hello", "the TLS handshake failed"),
    ] {
        let (mut client, socket) = wire().await;
        client.write_all(said).await.unwrap();
        drop(client);
        let turned = entrance.admit(socket).await.unwrap_err();
        assert!(turned.why.contains(named), "{}", turned.why);
        assert!(said.starts_with(&turned.seen), "{:?}", turned.seen);
    }
    let (client, socket) = wire().await;
    drop(client);
    assert!(entrance.admit(socket).await.unwrap_err().seen.is_empty());
    assert_eq!(entrance.turned_away().0, 4);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_go_on_ends_in_ten_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let entrance = Entrance::open(files(&authority(folder.path(), "ours").server().unwrap(), None)).unwrap();
    let (mut client, socket) = wire().await;
    client.write_all(b"\x16\x03\x01").await.unwrap();
    let begun = tokio::time::Instant::now();
    let turned = entrance.admit(socket).await.unwrap_err();
    assert!(turned.why.contains("longer than 10 s"), "{}", turned.why);
    assert_eq!(begun.elapsed(), HANDSHAKE_MOST);
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_over_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(folder.path(), "ours");
    let (old, new) = (ours.server_until(2090).unwrap(), ours.server_until(2091).unwrap());
    let entrance = Entrance::open(files(&old, None)).unwrap();
    let year = |entrance: &Entrance| entrance.expires().unwrap().timestamp().strftime("%Y").to_string();
    assert_eq!(year(&entrance), "2090");
    std::fs::copy(&new.certificate, &old.certificate).unwrap();
    assert_eq!(entrance.renew().unwrap_err()[0].key, "key", "the key is still the old one's");
    assert_eq!(year(&entrance), "2090");
    std::fs::copy(&new.key, &old.key).unwrap();
    entrance.renew().unwrap();
    assert_eq!(year(&entrance), "2091");
    assert_eq!(shake(&entrance, &trusting(&ours, None)).await, Ok(None));
}

#[test]
fn every_file_is_judged_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(folder.path(), "ours");
    let pair = ours.server().unwrap();
    let missing = folder.path().join("missing.pem");
    let wrong =
        ServerFiles { certificate: pair.key.clone(), key: missing.clone(), client_ca: Some(missing.clone()) };
    let keys: Vec<_> = wrong.faults().into_iter().map(|fault| fault.key).collect();
    assert_eq!(keys, ["certificate", "key", "client_ca"]);
    let other = ours.client("other").unwrap();
    let mismatched = ServerFiles { key: other.key, ..files(&pair, None) };
    assert!(mismatched.faults()[0].text.contains("is not the private key"), "{:?}", mismatched.faults());
    assert_eq!(files(&pair, Some(ours.ca())).faults(), []);
}

#[test]
fn a_certificate_that_ended_is_said_to_have() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(folder.path(), "ours");
    let ended = files(&ours.server_until(2020).unwrap(), None);
    let now = Wall(1_800_000_000_000);
    assert_eq!(ended.faults(), []);
    let fault = ended.expired(now).unwrap();
    assert!(fault.key == "certificate" && fault.text.contains("2020-12-31"), "{fault:?}");
    assert_eq!(files(&ours.server().unwrap(), None).expired(now), None);
}

fn authority(folder: &Path, name: &str) -> Authority {
    Authority::new(folder, name).unwrap()
}
