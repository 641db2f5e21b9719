//! mqtt
mod payload;
mod topic;
