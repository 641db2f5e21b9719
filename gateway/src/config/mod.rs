//! The two configuration files, read once, all faults at once. It never starts anything.
