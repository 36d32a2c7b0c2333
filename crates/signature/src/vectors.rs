//! The scheme's published test vectors, its libraries' list of what must fail, and an independent implementation.

use std::time::Duration;

use proptest::prelude::*;

use crate::{
    DEFAULT_TOLERANCE, Headers, MAX_SIGNATURES, Scheme, Secret, Signer, SigningKey, Verifier, VerifyError,
    VerifyingKey, verify,
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIMESTAMP: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const V1: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

const PRIVATE: &str = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const PUBLIC: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const V1A: &str = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A signer of `v1`, `v1a` or both, as the keys say.
fn signer(keys: &[&str]) -> Result<Signer, Box<dyn std::error::Error>> {
    let scheme = |text: &&str| {
        let scheme = if text.starts_with("whsk_") { Scheme::StandardEd25519 } else { Scheme::Standard };
        let key = scheme.parse_key(text)?;
        Ok((scheme, vec![(key, None)]))
    };
    Ok(Signer::new(keys.iter().map(scheme).collect::<Result<Vec<_>, crate::InvalidKey>>()?)?)
}

/// The value of the only header.
fn header(signer: &Signer, id: &str, timestamp: i64, body: &[u8]) -> String {
    signer.headers(id, timestamp, body).map(|(_, value)| value).collect()
}

/// Verifies the first vector with these signatures and both its keys.
fn check(signatures: &str) -> Result<Result<(), VerifyError>, Box<dyn std::error::Error>> {
    let keys = [SECRET.parse::<Secret>()?.into(), PUBLIC.parse::<VerifyingKey>()?.into()];
    let headers = Headers { id: Some(ID), timestamp: Some("1614265330"), signature: Some(signatures) };
    Ok(verify(&keys, headers, BODY, TIMESTAMP, DEFAULT_TOLERANCE))
}

#[test]
fn signs_the_published_vectors() -> TestResult {
    assert_eq!(header(&signer(&[SECRET])?, ID, TIMESTAMP, BODY), V1);
    let second = signer(&["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])?;
    let body = br#"{"email":"test@example.com","username":"test_user"}"#;
    assert_eq!(
        header(&second, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body),
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
    );
    assert_eq!(header(&signer(&[PRIVATE])?, ID, TIMESTAMP, BODY), V1A);
    Ok(())
}

#[test]
fn the_published_public_key_belongs_to_the_private_one() -> TestResult {
    assert_eq!(PRIVATE.parse::<SigningKey>()?.verifying_key(), PUBLIC.parse()?);
    Ok(())
}

#[test]
fn signs_with_every_key_in_order() -> TestResult {
    assert_eq!(header(&signer(&[PRIVATE, SECRET])?, ID, TIMESTAMP, BODY), format!("{V1A} {V1}"));
    Ok(())
}

#[test]
fn accepts_any_signature_that_fits() -> TestResult {
    for signatures in [V1, V1A, &format!("v1,AAAA v2,x {V1} v1a,AAAA"), &format!("v1,{} {V1A}", &V1A[4..])] {
        assert_eq!(check(signatures)?, Ok(()), "{signatures}");
    }
    Ok(())
}

#[test]
fn refuses_signatures_that_do_not_fit() -> TestResult {
    let digest = &V1["v1,".len()..];
    let mine = [
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=".to_owned(), // somebody else's
        V1[..V1.len() - 5].to_owned(),                                // cut short
        "v1,".to_owned(),
        "v1".to_owned(),
        ",".to_owned(),
        digest.to_owned(),
        format!("v2,{digest}"),
        format!("v1a,{digest}"),
        format!("V1,{digest}"),
        format!("v1,{}", &V1A[4..]),
        "v1,AAAA v1a,AAAA v3,AAAA".to_owned(),
    ];
    for signatures in &mine {
        assert_eq!(check(signatures)?, Err(VerifyError::NoMatch), "{signatures}");
    }
    Ok(())
}

#[test]
fn tries_no_more_signatures_than_its_cap() -> TestResult {
    let after = |others: usize| format!("{}{V1}", "v1,AAAA ".repeat(others));
    assert_eq!(check(&after(MAX_SIGNATURES - 1))?, Ok(()));
    assert_eq!(check(&after(MAX_SIGNATURES))?, Err(VerifyError::TooManySignatures));
    Ok(())
}

#[test]
fn requires_every_header() -> TestResult {
    let keys = [Verifier::from(SECRET.parse::<Secret>()?)];
    let all = Headers { id: Some(ID), timestamp: Some("1614265330"), signature: Some(V1) };
    for (headers, missing) in [
        (Headers { id: None, ..all }, "webhook-id"),
        (Headers { timestamp: None, ..all }, "webhook-timestamp"),
        (Headers { signature: None, ..all }, "webhook-signature"),
        (Headers { signature: Some(""), ..all }, "webhook-signature"),
    ] {
        let result = verify(&keys, headers, BODY, TIMESTAMP, DEFAULT_TOLERANCE);
        assert_eq!(result, Err(VerifyError::MissingHeader(missing)));
    }
    Ok(())
}

#[test]
fn tolerates_five_minutes_to_either_side() -> TestResult {
    let keys = [Verifier::from(SECRET.parse::<Secret>()?)];
    let headers = Headers { id: Some(ID), timestamp: Some("1614265330"), signature: Some(V1) };
    for (elapsed, expected) in
        [(300, Ok(())), (-300, Ok(())), (301, Err(VerifyError::TooOld)), (-301, Err(VerifyError::TooNew))]
    {
        assert_eq!(verify(&keys, headers, BODY, TIMESTAMP + elapsed, DEFAULT_TOLERANCE), expected, "{elapsed}");
    }
    let extreme = Headers { timestamp: Some("9223372036854775807"), ..headers };
    assert_eq!(verify(&keys, extreme, BODY, i64::MIN, Duration::ZERO), Err(VerifyError::TooNew));
    let text = Headers { timestamp: Some("16142653.30"), ..headers };
    assert_eq!(verify(&keys, text, BODY, TIMESTAMP, DEFAULT_TOLERANCE), Err(VerifyError::InvalidTimestamp));
    Ok(())
}

#[test]
fn refuses_another_body_id_or_time() -> TestResult {
    let keys = [SECRET.parse::<Secret>()?.into(), PUBLIC.parse::<VerifyingKey>()?.into()];
    let signatures = format!("{V1} {V1A}");
    let all = Headers { id: Some(ID), timestamp: Some("1614265330"), signature: Some(&signatures) };
    for (headers, body) in [
        (all, &b"{}"[..]),
        (Headers { id: Some("msg_other"), ..all }, BODY),
        (Headers { timestamp: Some("1614265331"), ..all }, BODY),
        (Headers { timestamp: Some("+1614265330"), ..all }, BODY),
    ] {
        assert_eq!(verify(&keys, headers, body, TIMESTAMP, DEFAULT_TOLERANCE), Err(VerifyError::NoMatch));
    }
    Ok(())
}

proptest! {
    #[test]
    fn agrees_with_the_official_library(
        key in proptest::collection::vec(any::<u8>(), 24..=64),
        id in "msg_[a-z2-7]{26}",
        timestamp in 0..10_000_000_000_i64,
        body in ".{0,40}",
    ) {
        let text = crate::encoding::encode("whsec_", &key);
        let theirs = standardwebhooks::Webhook::new(&text).and_then(|w| w.sign(&id, timestamp, body.as_bytes()));
        let ours = header(&Signer::from(text.parse::<Secret>()?), &id, timestamp, body.as_bytes());
        prop_assert_eq!(theirs.ok(), Some(ours));
    }

    #[test]
    fn verifies_what_it_signed_whatever_the_bytes(
        seed in any::<u8>(),
        body in proptest::collection::vec(any::<u8>(), 0..60),
        timestamp in 0..10_000_000_000_i64,
    ) {
        let secret = Secret::generate(|bytes| bytes.fill(seed));
        let pair = SigningKey::generate(|bytes| bytes.fill(seed));
        let keys = [secret.expose(), pair.expose()];
        let signer = signer(&[&keys[0], &keys[1]]).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let header = header(&signer, ID, timestamp, &body);
        let timestamp_header = timestamp.to_string();
        let headers = Headers { id: Some(ID), timestamp: Some(&timestamp_header), signature: Some(&header) };
        for key in [Verifier::from(secret), Verifier::from(pair.verifying_key())] {
            prop_assert_eq!(verify(&[key], headers, &body, timestamp, Duration::ZERO), Ok(()));
        }
    }
}
