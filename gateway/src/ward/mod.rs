//! One loop owns every bed.
