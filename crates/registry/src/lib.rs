//! What people register, compiled into an immutable snapshot.
