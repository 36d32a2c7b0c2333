//! The dispatcher role: a delivery in, one HTTP attempt, then settled, retried or dead.
