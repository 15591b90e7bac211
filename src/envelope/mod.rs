//! What the log system wrote around a message: stamp, host, program, pid.

pub mod stamp;
pub mod parts;
pub mod forms;
pub mod unread;
pub mod rfc3164;
pub mod rfc5424;
pub mod own;
pub mod device;
pub mod record;
pub mod trace;
pub mod columns;
pub mod head;
pub mod header;

pub use columns::Columns;
pub use device::TELL_TIME;
pub use head::{Head, Heads};
pub use header::Reader;
pub use parts::{Envelope, Format};
pub use stamp::{Civil, Stamp};
pub use unread::Unread;
