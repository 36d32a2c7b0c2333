//! Secrets that take over from others, one scheme at a time.

use std::time::Duration;

use barid_signature::HeaderName;

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn fresh(byte: u8) -> Fresh {
    Fresh::generate(|bytes| bytes.fill(byte))
}

fn old() -> Signing {
    fresh(1).signing()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn rotated(signing: &Signing, byte: u8, overlap: Duration, now: i64) -> Result<Signing, Unrotatable> {
    signing.rotated(&Which::default(), &fresh(byte), Some(overlap), at(now))
}

fn ends(signing: &Signing) -> Vec<Option<i64>> {
    signing.schemes()[0].keys.iter().map(|key| key.until.map(|until| until.timestamp())).collect()
}

fn signatures(signing: &Signing, now: i64) -> usize {
    signing.signer().headers("msg_1", now, b"").map(|(_, value)| value.split(' ').count()).sum()
}

/// One secret each.
fn several(schemes: &[Scheme]) -> Signing {
    let of = |scheme: &Scheme| {
        let keys = vec![scheme.generate_key(|bytes| bytes.fill(7)).into()];
        SigningScheme { scheme: scheme.clone(), keys }
    };
    Signing::new(schemes.iter().map(of)).unwrap()
}

fn stripe(header: &str) -> Scheme {
    Scheme::Stripe { header: header.parse::<HeaderName>().unwrap() }
}

#[test]
fn the_old_secret_signs_beside_the_new_one_for_the_overlap() {
    let rotated = rotated(&old(), 2, HOUR, 1_000).unwrap();
    assert_eq!(rotated.schemes()[0].keys[0], fresh(2).signing().schemes()[0].keys[0]);
    assert_eq!(ends(&rotated), [None, Some(4_600)]);
    assert_eq!((signatures(&rotated, 4_600), signatures(&rotated, 4_601)), (2, 1));
}

#[test]
fn rotating_again_prolongs_nothing_and_forgets_what_has_ended() {
    let once = rotated(&old(), 2, HOUR, 0).unwrap();
    assert_eq!(ends(&rotated(&once, 3, 2 * HOUR, 1_800).unwrap()), [None, Some(9_000), Some(3_600)]);
    assert_eq!(ends(&rotated(&once, 3, HOUR, 3_600).unwrap()), [None, Some(7_200)]);
}

#[test]
fn both_sign_for_a_day_unless_told() {
    let rotated = old().rotated(&Which::default(), &fresh(2), None, at(0)).unwrap();
    assert_eq!(ends(&rotated), [None, Some(86_400)]);
}

#[test]
fn no_overlap_leaves_the_new_secret_alone() {
    assert_eq!(ends(&rotated(&old(), 2, Duration::ZERO, 0).unwrap()), [None]);
}

#[test]
fn refuses_an_overlap_too_long() {
    let refused = rotated(&old(), 2, MAX_OVERLAP + HOUR, 0).unwrap_err();
    assert_eq!(refused.to_string(), "overlap is 30days 1h: give at most 30days");
}

#[test]
fn the_new_secret_of_a_scheme_with_one_signature_signs_at_once() {
    let github = several(&[Scheme::Github]);
    let rotated = |overlap| github.rotated(&Which::default(), &fresh(2), overlap, at(0));
    let now = rotated(None).unwrap();
    assert_eq!(ends(&now), [None]);
    assert_ne!(now, github);
    assert_eq!(rotated(Some(Duration::ZERO)), Ok(now));
    assert_eq!(rotated(Some(HOUR)), Err(Unrotatable::OneSignature("github")));
}

#[test]
fn of_several_schemes_only_the_one_that_is_meant_changes() {
    let signing = several(&[Scheme::Standard, stripe("x-a"), stripe("x-b"), Scheme::StandardEd25519]);
    let rotate = |scheme: Option<&str>, header: Option<&str>| {
        let which = Which { scheme: scheme.map(str::to_owned), header: header.map(str::to_owned) };
        signing.rotated(&which, &fresh(2), None, at(0))
    };
    let counts = |signing: &Signing| signing.schemes().iter().map(|of| of.keys.len()).collect::<Vec<_>>();
    assert_eq!(counts(&rotate(Some("standard-ed25519"), None).unwrap()), [1, 1, 1, 2]);
    assert_eq!(counts(&rotate(Some("stripe"), Some("X-B")).unwrap()), [1, 1, 2, 1]);
    let names = "standard, stripe (header x-a), stripe (header x-b) or standard-ed25519".to_owned();
    assert_eq!(rotate(None, None), Err(Unrotatable::Several(names.clone())));
    assert_eq!(rotate(Some("stripe"), None), Err(Unrotatable::Several(names.clone())));
    assert_eq!(rotate(Some("github"), None), Err(Unrotatable::NoScheme(names)));
}

#[test]
fn knows_which_secrets_it_made() {
    let signing = several(&[Scheme::Github, Scheme::Standard]);
    let which = Which { scheme: Some("standard".to_owned()), ..Which::default() };
    let rotated = signing.rotated(&which, &fresh(2), None, at(0)).unwrap();
    assert_eq!(fresh(2).made(&rotated).collect::<Vec<_>>(), [false, true]);
    assert_eq!(fresh(3).made(&rotated).collect::<Vec<_>>(), [false, false]);
}

#[test]
fn refuses_no_secrets_and_too_many() {
    let of = |count| {
        let keys = vec![SigningSecret::from(Secret::generate(|_| ())); count];
        Signing::new([SigningScheme { scheme: Scheme::Standard, keys }]).map(|_| ())
    };
    assert_eq!(Signing::new([]).map(|_| ()), Err(InvalidSigner::NoKey));
    assert_eq!(of(9), Err(InvalidSigner::TooManyKeys));
}
