//! Secrets that nobody knows yet, for schemes whose secret a document does not name.

use std::fmt;

use barid_signature::{Key, MAX_SCHEMES, Scheme, Secret};
use zeroize::Zeroizing;

use super::Signing;

/// How much randomness a secret takes, in bytes.
const SEED_BYTES: usize = 32;

/// Randomness for one new secret per scheme, whichever schemes it turns out to be for. Reading the same document with it
/// gives the same secrets. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct Fresh(Zeroizing<[u8; MAX_SCHEMES * SEED_BYTES]>);

impl Fresh {
    /// New secrets from `fill`, which must fill what it is given with cryptographic randomness.
    pub fn generate(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut seeds = Zeroizing::new([0; MAX_SCHEMES * SEED_BYTES]);
        fill(&mut *seeds);
        Self(seeds)
    }

    /// The new secret of the scheme of this number; none beyond [`MAX_SCHEMES`].
    pub(crate) fn key(&self, number: usize, scheme: &Scheme) -> Option<Key> {
        let seed = self.0.chunks_exact(SEED_BYTES).nth(number)?;
        Some(scheme.generate_key(|bytes| bytes.copy_from_slice(seed)))
    }

    /// Signing by Standard Webhooks with a new secret: what a document that says nothing gets.
    pub fn signing(&self) -> Signing {
        let (seed, _) = self.0.split_at(SEED_BYTES);
        Signing::from(Secret::generate(|bytes| bytes.copy_from_slice(seed)))
    }

    /// Of each scheme, whether its newest secret is one of these.
    pub(crate) fn made<'a>(&'a self, signing: &'a Signing) -> impl Iterator<Item = bool> + 'a {
        signing.schemes().iter().enumerate().map(|(number, of)| {
            let newest = of.keys.first().map(|newest| &newest.key);
            newest == self.key(number, &of.scheme).as_ref()
        })
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fresh(..)")
    }
}
