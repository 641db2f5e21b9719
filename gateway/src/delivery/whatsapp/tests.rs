//! What leaves for a phone, and what an answer that is lost twice means.

use rules::{AlertId, Moment};

use super::*;
use crate::delivery::LostAnswers;
use crate::owed::{Owed, Parcel};

fn account(base_url: &str) -> WhatsappAccount {
    WhatsappAccount {
        base_url: base_url.into(),
        version: "v23.0".into(),
        phone_number_id: "1055".into(),
        template: "icu_critical_alert".into(),
        language: "en".into(),
        token: Token::of("secret-token"),
        wording: Wording { board_url: "https://ward.example.org/".into(), shows_value: false },
        proxy: None,
        secret: Secret([7; 32]),
    }
}

fn due(high: bool, tries: u32, lost: LostAnswers) -> Due {
    let parcel = Parcel::Phone {
        number: "+910000000001".into(),
        to: "attending".into(),
        bed: "07".into(),
        high,
        code: "lab.2823-3\n\n".into(),
        value: "6.8 mmol/L".into(),
        alert: "00000000000000ab".into(),
    };
    let owed = Owed {
        key: "00000000000000ab-1f-2-whatsapp-00000001".into(),
        destination: Destination::Whatsapp,
        alert: Some((AlertId(0xAB), 2)),
        due: Moment(0),
        parcel,
    };
    Due { id: 1, owed, tries, lost }
}

#[test]
fn the_message_is_a_template_with_four_parameters_and_a_button() {
    let whatsapp = Whatsapp::new(account("https://graph.facebook.com")).unwrap();
    assert_eq!(whatsapp.url.as_str(), "https://graph.facebook.com/v23.0/1055/messages");
    let message = whatsapp.message(&due(true, 0, LostAnswers::None), &[]).unwrap();
    assert_eq!(message["to"], "910000000001");
    assert_eq!(message["biz_opaque_callback_data"], "00000000000000ab-1f-2-whatsapp-00000001");
    let parameters = message["template"]["components"][0]["parameters"].as_array().unwrap();
    let texts: Vec<&str> = parameters.iter().filter_map(|parameter| parameter["text"].as_str()).collect();
    assert_eq!(texts, ["07", "HIGH", "lab.2823-3", "https://ward.example.org/?alert=00000000000000ab"]);
    let payload = message["template"]["components"][1]["parameters"][0]["payload"].as_str().unwrap();
    let tap = tapped(&whatsapp.account.secret, payload, "910000000001").unwrap();
    assert_eq!((tap.alert, tap.step), (AlertId(0xAB), 2));
}

#[test]
fn a_value_is_on_the_phone_only_where_it_is_said_so() {
    let third = |shows_value| {
        let mut account = account("https://graph.facebook.com");
        account.wording.shows_value = shows_value;
        let message = Whatsapp::new(account).unwrap().message(&due(true, 0, LostAnswers::None), &[]).unwrap();
        message["template"]["components"][0]["parameters"][2]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(third(true), "lab.2823-3 6.8 mmol/L");
    assert_eq!(third(false), "lab.2823-3");
}

#[test]
fn several_calls_are_one_message_that_says_how_many_and_answers_the_first() {
    let whatsapp = Whatsapp::new(account("https://graph.facebook.com")).unwrap();
    let mut second = due(false, 0, LostAnswers::None);
    second.owed.key = "00000000000000ac-1f-0-whatsapp-00000001".into();
    let with: Vec<Due> = std::iter::repeat_n(second, 7).collect();
    let message = whatsapp.message(&due(true, 0, LostAnswers::None), &with).unwrap();
    let third = message["template"]["components"][0]["parameters"][2]["text"].as_str().unwrap();
    assert!(third.starts_with("lab.2823-3 (+7 more: 07 medium lab.2823-3; 07"), "{third}");
    let keys = message["biz_opaque_callback_data"].as_str().unwrap();
    assert!(keys.len() <= CALLBACK_MOST && keys.split(' ').count() == 8, "{keys}");
    let payload = message["template"]["components"][1]["parameters"][0]["payload"].as_str().unwrap();
    assert_eq!(tapped(&whatsapp.account.secret, payload, "910000000001").unwrap().alert, AlertId(0xAB));
}

#[test]
fn a_call_is_tried_fast_and_not_for_ever() {
    let whatsapp = Whatsapp::new(account("https://graph.facebook.com")).unwrap();
    assert!(
        whatsapp.pace(&due(true, 0, LostAnswers::None)).pause_most
            < whatsapp.pace(&due(false, 0, LostAnswers::None)).pause_most
    );
    assert!(whatsapp.pace(&due(true, 0, LostAnswers::None)).tries_most.is_some());
}

#[test]
fn no_secret_is_printed() {
    let printed = format!("{:?}", account("https://graph.facebook.com"));
    assert!(!printed.contains("secret-token") && !printed.contains("7, 7"), "{printed}");
}

/// A provider that takes the message and hangs up.
#[tokio::test]
async fn a_step_whose_answer_is_lost_is_told_once_more_and_not_a_third_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let whatsapp = Whatsapp::new(account(&format!("http://{}", listener.local_addr().unwrap()))).unwrap();
    let hang_up = async {
        for _ in 0..2 {
            let (stream, _) = listener.accept().await.unwrap();
            stream.readable().await.unwrap();
        }
    };
    let send = async {
        let first = whatsapp.send(&due(true, 0, LostAnswers::None), &[], &mut Exchange::default()).await;
        (first, whatsapp.send(&due(true, 1, LostAnswers::One), &[], &mut Exchange::default()).await)
    };
    let ((first, second), ()) = tokio::join!(send, hang_up);
    assert!(matches!(first, Outcome::NotNow { uncertain: true, .. }), "{first:?}");
    assert!(matches!(&second, Outcome::Never { why } if why.contains("twice")), "{second:?}");
}

/// One answer was lost, and the power failed during the second try.
#[tokio::test]
async fn a_step_that_a_crash_cut_off_the_second_time_is_not_told_a_third() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let whatsapp = Whatsapp::new(account(&format!("http://{}", listener.local_addr().unwrap()))).unwrap();
    let due = due(true, 2, LostAnswers::Two);
    let third = whatsapp.send(&due, &[], &mut Exchange::default()).await;
    assert!(matches!(&third, Outcome::Never { why } if why.contains("twice")), "{third:?}");
}
