//! The CloudEvents envelope, types, patterns and the AMQP 0.9.1 mapping of Barid.
