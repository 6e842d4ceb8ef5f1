//! Store, queue and blobs in one folder, for a dispatcher on one machine.
//!
//! ```text
//! <folder>/
//! ├── signalbox.db        deliveries, runs, effects, boxes, lines, queue; beside it its write-ahead log
//! ├── blobs/ab/cdef…      bytes, by the digits of their digest
//! └── dispatcher.lock     held by the one dispatcher that works here, with its process id
//! ```
//!
//! What a call has answered is on the disk: every transaction is synchronised before it is acknowledged. A disk that is
//! full or a database that is held by somebody else is [`Unavailable`](signalbox_ports::Error::Unavailable), and nothing
//! of the call was written.

mod blobs;
mod error;
mod folder;
mod lock;
mod notes;
mod queue;
mod schema;
mod store;
mod stored;
mod verify;
mod worker;
mod writer;

pub use folder::Folder;
pub use verify::Findings;
