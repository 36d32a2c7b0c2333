//! The router role: one event in, one work message per lane out.
