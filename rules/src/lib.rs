//! What signs and results mean.
#![cfg_attr(not(test), no_std)]

pub mod decimal;
pub mod sign;
pub mod time;
pub mod unit;
pub mod vital;
