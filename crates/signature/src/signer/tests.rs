//! Which keys sign when, and what each scheme makes of them.

use super::*;
use crate::{BareHmac, HeaderName};

type Schemes = Vec<(Scheme, Vec<(Key, Option<i64>)>)>;

fn secret(byte: u8) -> Key {
    Secret::generate(|bytes| bytes.fill(byte)).into()
}

fn text(text: &str) -> Key {
    Key::Text(text.parse().unwrap())
}

fn standard(keys: &[(u8, Option<i64>)]) -> Schemes {
    vec![(Scheme::Standard, keys.iter().map(|&(byte, end)| (secret(byte), end)).collect())]
}

fn hmac(header: &str, algorithm: Algorithm, encoding: Encoding, prefix: &str) -> Scheme {
    let (header, prefix) = (header.parse().unwrap(), prefix.parse().unwrap());
    Scheme::Hmac(BareHmac { header, algorithm, encoding, prefix })
}

fn signed(schemes: Schemes, timestamp: i64, body: &[u8]) -> Vec<(String, String)> {
    let signer = Signer::new(schemes).unwrap();
    signer.headers("msg_1", timestamp, body).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The value of the only header.
fn value(schemes: Schemes, timestamp: i64) -> String {
    let [(_, value)] = &signed(schemes, timestamp, b"{}")[..] else { panic!("not one header") };
    value.clone()
}

fn alone(byte: u8, timestamp: i64) -> String {
    value(standard(&[(byte, None)]), timestamp)
}

#[test]
fn a_key_signs_until_its_end_and_not_after_it() {
    let keys = standard(&[(1, None), (2, Some(100))]);
    assert_eq!(value(keys.clone(), 100), format!("{} {}", alone(1, 100), alone(2, 100)));
    assert_eq!(value(keys, 101), alone(1, 101));
}

#[test]
fn the_newest_key_goes_on_when_all_have_ended() {
    let keys = standard(&[(1, Some(50)), (2, Some(100))]);
    assert_eq!(value(keys.clone(), 75), alone(2, 75));
    assert_eq!(value(keys, 101), alone(1, 101));
}

#[test]
fn both_kinds_of_standard_share_one_header_wherever_they_stand() {
    let pair = SigningKey::generate(|seed| seed.fill(1));
    let ed25519 = (Scheme::StandardEd25519, vec![(pair.clone().into(), None)]);
    let github = (Scheme::Github, vec![(text("It's a Secret"), None)]);
    let [first] = <[_; 1]>::try_from(standard(&[(1, Some(50))])).unwrap();
    let headers = signed(vec![first, github, ed25519], 100, b"{}");
    let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["webhook-signature", "x-hub-signature-256"]);
    let theirs = Signer::from(pair).headers("msg_1", 100, b"{}").next().unwrap().1;
    // The end of the only secret does not leave receivers without `v1`.
    assert_eq!(headers[0].1, format!("{} {theirs}", alone(1, 100)));
}

/// The example in GitHub's documentation of webhooks.
#[test]
fn signs_as_github() {
    let github = vec![(Scheme::Github, vec![(text("It's a Secret to Everybody"), None)])];
    let expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(signed(github, 0, b"Hello, World!"), [("x-hub-signature-256".to_owned(), expected.to_owned())]);
}

#[test]
fn signs_as_stripe_with_each_secret_that_has_not_ended() {
    let keys = vec![(text("whsec_new_one"), None), (text("whsec_old_one"), Some(100))];
    let stripe = vec![(Scheme::Stripe { header: HeaderName::stripe() }, keys)];
    let mac = |key: &str, data: &[u8]| {
        let mut hex = String::new();
        KeyedMac::new(Algorithm::Sha256, key.as_bytes()).append(&[data], Encoding::Hex, &mut hex);
        hex
    };
    let [new, old] = ["whsec_new_one", "whsec_old_one"].map(|key| mac(key, b"100.{}"));
    assert_eq!(value(stripe.clone(), 100), format!("t=100,v1={new},v1={old}"));
    assert_eq!(value(stripe, 101), format!("t=101,v1={}", mac("whsec_new_one", b"101.{}")));
}

/// Expected is what comes of `printf '{}' | openssl dgst -hmac 'It is a secret'`.
#[test]
fn signs_bare_in_each_algorithm_encoding_and_prefix() {
    for (algorithm, encoding, prefix, expected) in [
        (Algorithm::Sha1, Encoding::Hex, "sha1=", "2b34460e3d4e6f944fdc92f6143b1b63bb30a4ad"),
        (Algorithm::Sha256, Encoding::Base64, "", "WDj7il54uwqoGKOgKyWGKiuDPv409wxIof59kSq0gyk="),
        (
            Algorithm::Sha512,
            Encoding::Hex,
            "HMAC ",
            "736f235222985d581200e76de6186c2296215b4594a7f7e7b02aeab651b92e79fb151e718206faa509df9076d5bb82e600d377cb98e6e13343a5edb23f2ad520",
        ),
    ] {
        let scheme = hmac("X-Signature", algorithm, encoding, prefix);
        let headers = signed(vec![(scheme, vec![(text("It is a secret"), None)])], 0, b"{}");
        assert_eq!(headers, [("x-signature".to_owned(), format!("{prefix}{expected}"))]);
    }
}

#[test]
fn refuses_what_receivers_could_not_read() {
    let refused = |schemes: Schemes| Signer::new(schemes).map(|_| ()).unwrap_err();
    let bare = || hmac("x-a", Algorithm::Sha256, Encoding::Hex, "");
    let key = || (text("It is a secret"), None);
    let one = || vec![key()];
    assert_eq!(refused(vec![]), InvalidSigner::NoKey);
    assert_eq!(refused(standard(&[])), InvalidSigner::NoKey);
    assert_eq!(refused(standard(&[(1, None); MAX_KEYS + 1])), InvalidSigner::TooManyKeys);
    assert_eq!(refused(vec![(bare(), one()); MAX_SCHEMES + 1]), InvalidSigner::TooManySchemes);
    assert_eq!(refused(vec![(bare(), one()); 2]), InvalidSigner::SameHeader("x-a".to_owned()));
    assert_eq!(refused(vec![(bare(), vec![key(), key()])]), InvalidSigner::OneSignature("hmac"));
    assert_eq!(refused(vec![(Scheme::Standard, one())]), InvalidSigner::KeyKind("standard"));
    assert!(Signer::new(standard(&[(1, None); MAX_KEYS])).is_ok());
}

#[test]
fn signers_are_equal_that_sign_alike() {
    let signer = |keys: &[(u8, Option<i64>)]| Signer::new(standard(keys)).unwrap();
    assert_eq!(signer(&[(1, None), (2, Some(5))]), signer(&[(1, None), (2, Some(5))]));
    assert_ne!(signer(&[(1, None), (2, Some(5))]), signer(&[(1, None), (2, Some(6))]));
    assert_ne!(signer(&[(1, None)]), signer(&[(2, None)]));
    assert_ne!(signer(&[(1, None), (2, None)]), signer(&[(2, None), (1, None)]));
    let bare = |header| {
        let scheme = hmac(header, Algorithm::Sha256, Encoding::Hex, "");
        Signer::new([(scheme, vec![(text("It is a secret"), None)])]).unwrap()
    };
    assert_ne!(bare("x-a"), bare("x-b"));
    assert_eq!(format!("{:?}", bare("x-a")), "Signer(1 keys)");
    assert_eq!(bare("x-a").names().collect::<Vec<_>>(), ["x-a"]);
}
