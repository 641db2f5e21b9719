//! The sender against a receiver that loses, refuses and mistakes. No test waits for time.

use rules::{Moment, Sign};
use tokio::net::TcpListener;

use super::*;
use crate::clock::Wall;
use crate::delivery::LostAnswers;
use crate::event::Uhid;
use crate::owed::{Charted, Owed};

async fn receiver() -> (TcpListener, Mllp) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = MllpPeer {
        address: listener.local_addr().unwrap().to_string(),
        sending_application: "WARDLIGHT".into(),
        sending_facility: "ICU-1".into(),
        receiving_application: "HIS".into(),
        receiving_facility: String::new(),
        point_of_care: "ICU-1".into(),
        uhid_authority: String::new(),
        zone: "UTC".into(),
        training: false,
    };
    (listener, Mllp::new(peer).unwrap())
}

fn due(key: &str) -> Due {
    let parcel = Parcel::Vitals {
        patient: Uhid("MRN0042".into()),
        bed: "07".into(),
        at: Wall(0),
        values: vec![Charted { sign: Sign::SpO2, value: 91, taken: Wall(0) }],
        news2: None,
        note: String::new(),
    };
    let owed = Owed { key: key.into(), destination: Destination::Mllp, alert: None, due: Moment(0), parcel };
    Due { id: 1, owed, tries: 0, lost: LostAnswers::None }
}

async fn frame(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(&[END, CARRIAGE_RETURN]) {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "the sender hung up");
    }
    bytes
}

fn ack(code: &str, control_id: &str) -> Vec<u8> {
    format!("\u{b}MSH|^~\\&|HIS\rMSA|{code}|{control_id}|because\r\u{1c}\r").into_bytes()
}

#[tokio::test]
async fn codes_decide_and_the_connection_is_kept() {
    let (listener, mllp) = receiver().await;
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        for code in ["CA", "AA", "AE", "CR", "??"] {
            frame(&mut stream).await;
            stream.write_all(&ack(code, "k1")).await.unwrap();
        }
    };
    let send = async {
        let mut outcomes = Vec::new();
        for _ in 0..5 {
            outcomes.push(mllp.send(&due("k1"), &[], &mut Exchange::default()).await);
        }
        outcomes
    };
    let (outcomes, ()) = tokio::join!(send, serve);
    assert!(matches!(&outcomes[0], Outcome::Done { proof } if proof == "CA k1"), "{outcomes:?}");
    assert!(matches!(outcomes[1], Outcome::Done { .. }));
    assert!(matches!(outcomes[2], Outcome::NotNow { uncertain: false, .. }));
    assert!(matches!(&outcomes[3], Outcome::Never { why } if why.contains("because")));
    assert!(matches!(outcomes[4], Outcome::Doubtful { uncertain: true, .. }));
}

#[tokio::test]
async fn an_acknowledgement_of_another_message_is_read_past() {
    let (listener, mllp) = receiver().await;
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        frame(&mut stream).await;
        stream.write_all(&ack("AR", "an earlier one")).await.unwrap();
        let ours = ack("AA", "k1");
        for byte in ours {
            stream.write_all(&[byte]).await.unwrap();
        }
        stream
    };
    let (outcome, _stream) =
        tokio::join!(async { mllp.send(&due("k1"), &[], &mut Exchange::default()).await }, serve);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_lost_acknowledgement_is_uncertain_and_the_resend_is_the_same_bytes() {
    let (listener, mllp) = receiver().await;
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let first = frame(&mut stream).await;
        drop(stream);
        let (mut stream, _) = listener.accept().await.unwrap();
        let second = frame(&mut stream).await;
        stream.write_all(&ack("AA", "k1")).await.unwrap();
        (first, second)
    };
    let send = async {
        let first = mllp.send(&due("k1"), &[], &mut Exchange::default()).await;
        (first, mllp.send(&due("k1"), &[], &mut Exchange::default()).await)
    };
    let ((first, second), (bytes, bytes_again)) = tokio::join!(send, serve);
    assert!(matches!(first, Outcome::NotNow { uncertain: true, .. }), "{first:?}");
    assert!(matches!(second, Outcome::Done { .. }), "{second:?}");
    assert_eq!(bytes, bytes_again);
}

#[tokio::test]
async fn a_receiver_that_hung_up_while_idle_leaves_no_doubt() {
    let (listener, mllp) = receiver().await;
    let serve_once = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        frame(&mut stream).await;
        stream.write_all(&ack("AA", "k1")).await.unwrap();
        stream.shutdown().await.unwrap();
        stream
    };
    let (first, stream) =
        tokio::join!(async { mllp.send(&due("k1"), &[], &mut Exchange::default()).await }, serve_once);
    assert!(matches!(first, Outcome::Done { .. }));
    // The kernel has told the sender of the end before it sends again.
    mllp.line.lock().await.as_ref().unwrap().readable().await.unwrap();
    drop((stream, listener));
    let second = mllp.send(&due("k2"), &[], &mut Exchange::default()).await;
    assert!(matches!(second, Outcome::NotNow { uncertain: false, .. }), "{second:?}");
}

#[tokio::test]
async fn a_notice_is_not_for_this_end() {
    let (_listener, mllp) = receiver().await;
    let mut due = due("k1");
    due.owed.parcel = Parcel::Notice {
        patient: None,
        user: "dr.sample@example.org".into(),
        to: "attending".into(),
        subject: "x".into(),
        alert: "00000000000000aa".into(),
    };
    assert!(matches!(mllp.send(&due, &[], &mut Exchange::default()).await, Outcome::Never { .. }));
}
