//! A hospital's own device profile: any text. It is refused with a path and a reason for each fault, or it is
//! taken and reads a device's message without falling over; memory follows the text.
#![no_main]

use fuzz::{SITE, within};
use gateway::config::Faults;
use gateway::ingest::hl7::syntax::Message;
use gateway::ingest::profile::{Profiles, Site, understand};
use libfuzzer_sys::fuzz_target;

/// A monitor that says most of what a profile may speak of.
const MONITOR: &[u8] = b"MSH|^~\\&|OWN|WARD|GW|ICU|20260912101500||ORU^R01|1|P|2.6\r\
    PID|||M1\rPV1||I|ICU-1^^07\rOBR|1|||X|||20260912101400\r\
    OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|80|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||X\r\
    OBX|2|NM|0002-4bb8^SpO2^OWN|1.1.1.2|-100|%|||||F\r\
    OBX|3|NM|151562^MDC_RESP_RATE^MDC|1.2.1.1|18|/min|||||F\r\
    OBX|4|NM|151562^MDC_RESP_RATE^MDC|1.3.1.1|30|/min|||||F\r";

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    within(256 * text.len() + 8 * 1024 * 1024, || take(text));
});

fn take(text: &str) {
    let mut faults = Faults::default();
    let own = [("own.toml".to_owned(), text.to_owned())];
    let profiles = Profiles::read(&own, &[], &mut faults);
    for fault in &faults.0 {
        assert!(fault.path.contains("own.toml") && !fault.text.is_empty(), "{fault:?}");
    }
    let site = Site { profiles, ..SITE.clone() };
    let message = Message::parse(MONITOR).expect("it is one");
    let terms = site.profiles.terms("192.0.2.1", None);
    let understood = understand(&message, &site, terms);
    assert_eq!(understood.events.len(), 1, "one frame, whoever describes it");
}
