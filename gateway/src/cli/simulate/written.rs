//! The simulated ward as a table: `time,bed,code,value,unit,status`, one row for each value, as `replay`
//! reads it. An alarm of a device is a row of its event, its value `start` or `end`, its unit empty.

use std::io::Write;

use crate::sandbox::labelled::{Bedside, time};

/// Writes every second of every bed, in the order of time.
///
/// # Errors
/// What cannot be written.
pub(super) fn table(
    beds: &[(String, Bedside)],
    lasts_s: u64,
    start: jiff::Timestamp,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    writeln!(out, "time,bed,code,value,unit,status")?;
    for second in 0..lasts_s {
        let time = time(start, second);
        for (name, bed) in beds {
            let sent = bed.sends(second);
            for shown in &sent.shown {
                let (code, value, unit, status) = (shown.code, shown.text(), shown.unit, shown.status());
                writeln!(out, "{time},{name},{code},{value},{unit},{status}")?;
            }
            for raised in &sent.raised {
                let phase = if raised.on { "start" } else { "end" };
                writeln!(out, "{time},{name},{},{phase},,", raised.event)?;
            }
            for finding in &sent.found {
                writeln!(out, "{time},{name},{},{},{},", finding.code, finding.text(), finding.unit)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
