//! A line that breaks at every byte: what arrived of the message is kept, and none that is not whole is
//! accepted.

use crate::port::Port;
use crate::table::{on_the_wire, own_folder};

/// Files of different nature: results, a batch, characters that look like separators, quirks of framing.
const CUT: [&str; 6] = [
    "lab_critical_k_hh.hl7",
    "batch_fhs_bhs.hl7",
    "encoding_gbk_pipe_trail_bytes.hl7",
    "encoding_sjis_iso2022.hl7",
    "mllp_two_pipelined.bin",
    "mllp_vt_midpayload.bin",
];

/// How many blocks have ended: an FS after a line end, or at the end of what came.
fn whole_blocks(stream: &[u8]) -> usize {
    stream.split(|byte| *byte == 0x1c).count() - 1
}

fn text(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(*byte, 0x0b | 0x1c | b'\r' | b'\n')).collect()
}

#[tokio::test]
async fn a_message_cut_at_any_byte_is_kept_and_never_accepted() {
    let mut port = Port::open().await;
    for name in CUT {
        let whole = on_the_wire(name, &std::fs::read(own_folder().join(name)).expect("a sample"));
        for cut in 0..whole.len() {
            let stream = &whole[..cut];
            let taken = port.take(stream).await;
            assert_eq!(text(&taken.kept()), text(stream), "{name} cut at {cut}: what came is kept");
            let accepted = taken.answers().iter().filter(|answer| answer.starts_with("AA")).count();
            // The batch is one block of two messages.
            let most = whole_blocks(stream) * if name.starts_with("batch") { 2 } else { 1 };
            assert!(accepted <= most, "{name} cut at {cut}: {:?}", taken.answers());
            let cut_short =
                !text(stream).is_empty() && stream.last() != Some(&0x1c) && whole_blocks(stream) == 0;
            assert!(!cut_short || !taken.answers().is_empty(), "{name} cut at {cut} is answered");
        }
    }
}
