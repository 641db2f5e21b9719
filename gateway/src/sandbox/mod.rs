//! The sandbox: what the ward talks to, in one binary, as strict as the real ends. It never judges.
