//! The keys of this page, read from text and files as IT writes them.

use super::*;
use crate::config::gateway::read;
use crate::tls::authority::Authority;

/// A hash of the usual parameters that no password has.
const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm8$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn faults_of(text: &str) -> Vec<(String, String)> {
    let mut faults = Faults::default();
    let _ = read(format!("http.listen = \"127.0.0.1:0\"\n{text}").parse().unwrap(), &mut faults);
    faults.0.into_iter().map(|fault| (fault.path, fault.text)).collect()
}

fn paths(text: &str) -> Vec<String> {
    faults_of(text).into_iter().map(|(path, _)| path).collect()
}

#[test]
fn tls_makes_a_reason_for_plaintext_needless() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Authority::new(folder.path(), "ours").unwrap().server().unwrap();
    let files = format!("certificate = {:?}\nkey = {:?}", pair.certificate, pair.key);
    assert_eq!(paths("[mllp]\nlisten = \"0.0.0.0:0\""), ["mllp.listen"]);
    assert_eq!(paths(&format!("[mllp]\nlisten = \"0.0.0.0:0\"\n[mllp.tls]\n{files}")), [""; 0]);
}

#[test]
fn every_missing_file_has_its_path() {
    let text = "[http.tls]\ncertificate = \"/no/cert\"\nkey = \"/no/key\"\n\
                [mqtt]\nbroker = \"mqtts://broker.ward\"\npasswords_file = \"/no/passwords\"\n\
                broker_password_file = \"/no/login\"\n\
                [[mllp.dial]]\nname = \"nk\"\naddress = \"10.0.0.9\"\ntls = { ca = \"/no/ca\" }\n";
    let expected = [
        "http.tls.certificate",
        "http.tls.key",
        "mqtt.passwords_file",
        "mqtt.broker_tls.ca",
        "mqtt.broker_password_file",
        "mllp.dial.0.address",
        "mllp.dial.0.tls.ca",
    ];
    assert_eq!(paths(text), expected);
}

#[test]
fn devices_are_read_with_their_hashes_and_each_fault_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passwords");
    std::fs::write(&file, format!("# monitors\n\nm8:{HASH}\nm9:plain-text-secret\nm8:{HASH}\n")).unwrap();
    let text = format!(
        "[mqtt]\npasswords_file = {file:?}\n\
         [[mqtt.device]]\nbed = \"08\"\ndevice = \"m\"\nuser = \"m8\"\n\
         [[mqtt.device]]\nbed = \"08\"\ndevice = \"n\"\nuser = \"m8\"\n\
         [[mqtt.device]]\nbed = \"09\"\ndevice = \"m\"\nuser = \"m9\"\n\
         [[mqtt.device]]\nbed = \"10\"\ndevice = \"m\"\ncertificate = \"m10\"\n\
         [[mqtt.device]]\nbed = \"11\"\ndevice = \"m\"\n"
    );
    let found = faults_of(&text);
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    let file = "mqtt.passwords_file";
    let device = ["mqtt.device.1", "mqtt.device.2", "mqtt.device.3", "mqtt.device.4"];
    assert_eq!(paths, [&[file, file], &device[..]].concat());
    assert!(found[0].1.contains("line 4") && found[1].1.contains("line 5"), "{found:?}");
    assert!(!format!("{found:?}").contains("plain-text-secret"), "no secret in a fault");
    let mut faults = Faults::default();
    let settings = read(text.parse().unwrap(), &mut faults);
    let known = devices(&settings.mqtt, &mut faults);
    let by = KnownBy::Password { user: "m8".to_owned(), hash: HASH.to_owned() };
    assert_eq!(known, [KnownDevice { bed: "08".to_owned(), device: "m".to_owned(), by }]);
    assert!(!format!("{known:?}").contains("argon2id"), "no hash where things are shown");
}

#[test]
fn an_address_names_its_host() {
    assert_eq!(host_of("10.0.0.9:2575"), Some("10.0.0.9"));
    assert_eq!(host_of("[fe80::1]:2575"), Some("fe80::1"));
    for wrong in ["10.0.0.9", ":2575", "host:port", ""] {
        assert_eq!(host_of(wrong), None, "{wrong}");
    }
}
