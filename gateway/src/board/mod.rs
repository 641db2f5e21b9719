//! The ward board and its API. It never decides.
