//! A rate of change that the ward has set: from `ward.toml` to the record that everybody is shown.

use super::*;
use rules::Priority;

/// A ward that calls a mean pressure which has fallen by 30 within five minutes.
fn watchful() -> Ward {
    let mut faults = Faults::default();
    let sample = include_str!("../../../../deploy/ward.toml");
    let text = format!("{sample}\n[limits.mean_pressure]\nfall = 30\nwithin_s = 300\n");
    let plan = crate::config::ward::read(text.parse().unwrap(), &mut faults);
    assert_eq!(faults.0, []);
    Ward::new(Arc::new(plan))
}

/// Five minutes at one pressure, and one at another; what is open then of a change.
fn falls(mut ward: Ward, from: i32, to: i32) -> Vec<Arc<AlertRecord>> {
    for second in 0..360 {
        let pressure = if second < 300 { from } else { to };
        let _ = ward.on(&frame("03", second.into(), &[(Sign::ArterialMean, pressure)]), at(second));
    }
    let mut records = open(&ward, at(360));
    records.retain(|record| record.code.starts_with("change."));
    records
}

#[test]
fn it_is_told_with_both_values_and_what_the_ward_has_set() {
    let records = falls(watchful(), 95, 63);
    let [record] = &records[..] else { panic!("one alert: {records:?}") };
    assert_eq!((record.code.as_str(), record.bed.as_deref()), ("change.mean_pressure.fall", Some("03")));
    assert_eq!(record.title, "mean pressure fell by 32 mm[Hg] within 5 min: 95 → 63");
    assert_eq!((record.kind, record.priority), (Kind::Physiological, Priority::Medium));
    let reason = &record.reasons[0];
    assert_eq!((reason.value.as_deref(), reason.unit.as_str()), (Some("63"), "mm[Hg]"));
    assert_eq!(reason.limit.as_deref(), Some("fall by 30 mm[Hg] within 5 min"));
    assert!(
        reason.chart.starts_with("limits, adult row, changed by the ward, not signed"),
        "{}",
        reason.chart
    );
}

#[test]
fn a_rise_and_a_ward_that_has_set_nothing_are_quiet() {
    assert!(falls(watchful(), 63, 95).is_empty());
    assert!(falls(ward(), 95, 63).is_empty());
}
