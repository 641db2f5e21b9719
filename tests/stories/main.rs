//! The whole, told from outside: one file for each story, each with a ward of its own, over real sockets, on
//! the program that is shipped. A story says what people and devices do and what they then see; it knows
//! nothing of the inside.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

mod acknowledged_and_worse;
mod answered;
mod bad_input;
mod badge;
mod board_stream;
mod closed_in_the_his;
mod critical_potassium;
mod deterioration;
mod device_alarm;
mod fhir_in;
mod figures;
mod hand_over;
mod held_back;
mod hl7_corpus;
mod hl7_peers;
mod kept_quiet;
mod message_log;
mod nobody_answers;
mod one_summary;
mod outside_broker;
mod own_limits;
mod patient_moves;
mod philips_x;
mod probe_off;
mod register;
mod replay_mimic;
mod roster;
mod secured;
mod simulated_ward;
mod sound;
mod starts_and_stops;
mod two_patients_one_bed;
mod watched;
mod whose_bed;
mod whose_result;

mod clock_stepped;
mod flood;
mod frozen;
mod his_down;
mod power_cut;
