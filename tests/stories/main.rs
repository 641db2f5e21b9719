//! The whole, told from outside: one file for each story, each with a ward of its own, over real sockets, on
//! the program that is shipped. A story says what people and devices do and what they then see; it knows
//! nothing of the inside.

mod starts_and_stops;

mod clock_stepped;
mod frozen;
mod his_down;
mod power_cut;
