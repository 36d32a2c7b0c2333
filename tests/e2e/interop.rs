//! Receivers that share no code with ours believe and understand what they get: HTTP servers in Python and Node, made of
//! the libraries that receivers use.

mod cloudevents;
mod signatures;
