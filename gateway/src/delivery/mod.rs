//! What must reach somebody else. It never decides what is owed.
