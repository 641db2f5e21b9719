//! What it takes to judge one frame of ten readings: at the bed, which is the rules alone, and at the ward,
//! which is the gateway's judging path; and how many blocks of memory the ward asks for on the way.
//!
//! `cargo bench -p gateway --bench judging`. It prints and judges nothing: figures are of one machine and one
//! run.
#![expect(clippy::print_stdout, reason = "figures are this program's result")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures real time, of which the gateway's clock knows nothing"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use gateway::clock::Wall;
use gateway::config::{Faults, ward};
use gateway::event::{DeviceFrame, Event, Measured, Place};
use gateway::ward::{Now, Ward};
use rules::bed::{Bed, BedNo};
use rules::event::Frame;
use rules::vital::{MessageKey, Source};
use rules::{Absence, Moment, Policy, Quality, Reading, Sign, Span};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Frames in a round, a second apart; an hour and more of one device.
const FRAMES: u64 = 4_000;

const ROUNDS: usize = 25;

/// A monitor's page of values of a patient who is well.
const SIGNS: [(Sign, i32); 10] = [
    (Sign::HeartRate, 78),
    (Sign::PulseRatePleth, 78),
    (Sign::SpO2, 97),
    (Sign::RespRate, 14),
    (Sign::ArterialSystolic, 121),
    (Sign::ArterialDiastolic, 74),
    (Sign::ArterialMean, 90),
    (Sign::Temperature, 371),
    (Sign::EtCo2, 38),
    (Sign::InspiredOxygen, 40),
];

fn main() -> Result<()> {
    let policy = Policy::shipped();
    let at_the_bed = median(|| {
        let mut bed = Bed::new(BedNo(1), &policy);
        nanoseconds(|second| {
            let readings = SIGNS.map(|(sign, value)| reading(sign, value, second));
            let (source, key) = (Source(1), MessageKey(second));
            let frame = Frame { source, key, readings: &readings, silence: None };
            let _ = black_box(bed.on(&rules::Event::Frame(frame), moment(second)));
        })
    });
    println!("bed: a frame of ten readings: {at_the_bed:.0} ns");

    let at_the_ward = median(|| {
        let mut ward = sample_ward();
        nanoseconds(|second| drop(black_box(ward.on(&frame(second), now(second)))))
    });
    let frame_alone = median(|| nanoseconds(|second| drop(black_box(frame(second)))));
    println!("ward: a frame of ten readings: {:.0} ns", at_the_ward - frame_alone);
    println!("ward: blocks of memory asked for: {:.2} a frame", blocks_of_a_frame()?);
    Ok(())
}

/// The blocks that the ward itself asks for, over a round.
fn blocks_of_a_frame() -> Result<f64> {
    let mut ward = sample_ward();
    let frames: Vec<Event> = (0..FRAMES).map(frame).collect();
    let profiler = dhat::Profiler::builder().testing().build();
    let mut asked = 0;
    for (second, frame) in (0..).zip(&frames) {
        let before = dhat::HeapStats::get().total_blocks;
        let turn = ward.on(frame, now(second));
        asked += dhat::HeapStats::get().total_blocks - before;
        drop(turn);
    }
    drop(profiler);
    let asked = u32::try_from(asked).context("more than four thousand million blocks")?;
    Ok(f64::from(asked) / f64::from(u32::try_from(FRAMES)?))
}

/// A healthy heart varies a little from second to second.
fn reading(sign: Sign, value: i32, second: u64) -> Reading {
    let value = value + i32::try_from(second % 2).unwrap_or_default();
    Reading { sign, value: Ok::<i32, Absence>(value), quality: Quality::Good, age: Span::ZERO }
}

fn frame(second: u64) -> Event {
    let measured = |(sign, value): (Sign, i32)| {
        let Reading { value, quality, .. } = reading(sign, value, second);
        Measured {
            code: "MDC_PULS_OXIM_SAT_O2".into(),
            text: "97".into(),
            unit: "%".into(),
            status: "ok".into(),
            taken: None,
            judged: Some((sign, value, quality)),
        }
    };
    Event::Frame(DeviceFrame {
        place: Place::Bed("07".to_owned()),
        patient: None,
        device: "monitor".to_owned(),
        sent: Some(Wall(i64::try_from(moment(second).0).unwrap_or_default())),
        seq: Some(second),
        key: MessageKey(second),
        readings: SIGNS.map(measured).into(),
        silence_s: None,
    })
}

fn sample_ward() -> Ward {
    let sample = include_str!("../../deploy/ward.toml").parse().unwrap_or_default();
    Ward::new(Arc::new(ward::read(sample, &mut Faults::default())))
}

const fn moment(second: u64) -> Moment {
    Moment(1_795_000_000_000 + second * 1_000)
}

const fn now(second: u64) -> Now {
    Now { moment: moment(second), offset_ms: 0 }
}

/// The mean of a round, for one frame.
fn nanoseconds(mut once: impl FnMut(u64)) -> f64 {
    let begun = Instant::now();
    for second in 0..FRAMES {
        once(second);
    }
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(FRAMES).unwrap_or(1))
}

fn median(mut round: impl FnMut() -> f64) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| round()).collect();
    rounds.sort_by(f64::total_cmp);
    rounds.get(ROUNDS / 2).copied().unwrap_or_default()
}
