//! TLS for every room that speaks over sockets: the files read and judged, our own doors, and our connections
//! outward. TLS 1.2 and 1.3 through rustls with ring.
//!
//! It knows no protocol that runs inside TLS, and nothing here says what a peer may do once it is known.

mod certificate;
mod entrance;
mod outward;
mod spoken;

pub use certificate::FileFault;
pub use entrance::{Entrance, ServerFiles, TurnedAway, client_name};
pub use outward::{ClientFiles, Outward};
pub use spoken::{Speech, Wanted};

#[cfg(test)]
#[expect(unreachable_pub, reason = "the harness's own file, where it is public")]
#[path = "../../../tests/harness/authority.rs"]
pub(crate) mod authority;
