//! The one cryptography provider of the process.

use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// Makes aws-lc-rs the process's TLS cryptography. Call it first thing in `main`: libraries that are built with several
/// providers cannot choose, and panic at their first connection.
///
/// Calling it again, or after somebody else's choice, changes nothing.
pub fn install_crypto_provider() {
    if CryptoProvider::get_default().is_none() {
        // An error means that another thread was faster, which is as good.
        drop(aws_lc_rs::default_provider().install_default());
    }
}
