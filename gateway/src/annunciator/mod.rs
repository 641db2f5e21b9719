//! The annunciator: makes alerts heard at this machine. It never decides what sounds.
