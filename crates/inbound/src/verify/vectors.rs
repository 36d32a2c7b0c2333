//! What providers, and others than we, have signed.

use barid_registry::source::verification::{Encoding, Proof, ProofPlace, Timestamp, TimestampPlace, Unit};

use super::*;

const EVENT: &str = r#"{"id":"evt_1","type":"customer.created"}"#;

struct Case {
    secret: &'static str,
    algorithm: Algorithm,
    signed: &'static str,
    encoding: Encoding,
    timestamp: Option<(&'static str, Unit)>,
    method: &'static str,
    url: &'static str,
    body: &'static str,
    expected: &'static str,
}

const HMAC: Case = Case {
    secret: "",
    algorithm: Algorithm::Hmac(Hash::Sha256),
    signed: "{body}",
    encoding: Encoding::Hex,
    timestamp: None,
    method: "POST",
    url: "https://hooks.example.com/in/hubspot",
    body: EVENT,
    expected: "",
};

fn verified(case: &Case, body: &str) -> Result<Option<TimeDelta>, Reason> {
    let timestamp = case.timestamp.map(|(_, unit)| Timestamp {
        place: TimestampPlace::Header("x-timestamp".into()),
        unit,
        tolerance: std::time::Duration::from_mins(5),
    });
    let how = Verification::Signature(Box::new(Signature {
        algorithm: case.algorithm,
        proof: Proof {
            place: ProofPlace::Header("x-signature".into()),
            separator: None,
            prefix: "".into(),
            encoding: case.encoding,
        },
        signed: case.signed.parse().unwrap(),
        timestamp,
        id: None,
        key: barid_registry::source::verification::KeyForm::Text,
        body_hash: None,
    }));
    let written = case.timestamp.map_or("", |(written, _)| written);
    let now = DateTime::parse_from_rfc3339(written).map_or_else(
        |_| {
            let number: i64 = written.parse().unwrap_or_default();
            let seconds = if number > 100_000_000_000 { number / 1000 } else { number };
            DateTime::from_timestamp(seconds, 0).unwrap()
        },
        |time| time.to_utc(),
    );
    let content_type =
        if case.signed.contains("form") { "application/x-www-form-urlencoded" } else { "application/json" };
    let headers: [(&str, &[u8]); 3] = [
        ("X-Signature", case.expected.as_bytes()),
        ("X-Timestamp", written.as_bytes()),
        ("Content-Type", content_type.as_bytes()),
    ];
    let incoming = Incoming { method: case.method, url: case.url, headers: &headers, body: body.as_bytes() };
    let verifier = Verifier::new(how, [("another secret", None), (case.secret, None)]);
    let verifier = verifier.map_err(|_| Reason::MissingId);
    verifier?.verify(&incoming, now, || Err(Reason::Malformed))
}

fn holds(case: &Case) {
    let told = verified(case, case.body);
    assert!(told.is_ok(), "{}: {told:?}", case.expected);
    let changed = format!("{}x=", case.body);
    assert_eq!(verified(case, &changed), Err(Reason::WrongSignature), "{}", case.expected);
}

#[test]
fn hmacs_of_the_body() {
    let cases = [
        ("It's a Secret to Everybody", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
        ("app_secret", "3b67bea1eca0fe4fa46d9e63ef068146fc0208d91e97003e993f8f8276e06f6a"),
    ];
    for (secret, expected) in cases {
        let body = if secret == "app_secret" { EVENT } else { "Hello, World!" };
        holds(&Case { secret, body, expected, ..HMAC });
    }
    let base64 = Case { encoding: Encoding::Base64, ..HMAC };
    holds(&Case { secret: "shop_secret", expected: "2/8zFF1zEyQLuhyFX7imIwvCcYdgQpZi42pMYutAryk=", ..base64 });
    holds(&Case { secret: "tf_secret", expected: "fka7Q2IzP8J7aQpqKO9CFCCK4farWk9nk/p/wpdN+Qo=", ..base64 });
    let sha1 = Case { algorithm: Algorithm::Hmac(Hash::Sha1), ..HMAC };
    holds(&Case { secret: "ic_secret", expected: "3282b2e97af806fef21417e2380dd6721735f90c", ..sha1 });
}

#[test]
fn hmacs_of_a_timestamp_and_the_body() {
    let seconds = Case { signed: "{timestamp}.{body}", timestamp: Some(("1700000000", Unit::Seconds)), ..HMAC };
    holds(&Case {
        secret: "whsec_test_secret",
        expected: "2146c3ca883db3d5b33f638513d4322fcf955eeb8624ee63937a742c023fe30b",
        ..seconds
    });
    holds(&Case {
        secret: "cal_key",
        expected: "1fa2810912fa6dddcc8e5e840f33cd6d6516334cc9b7ee9c070fc8fd35ffc6c1",
        ..seconds
    });
    holds(&Case {
        secret: "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
        expected: "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM=",
        encoding: Encoding::Base64,
        signed: "{timestamp}{body}",
        timestamp: Some(("2021-03-25T05:09:27Z", Unit::Rfc3339)),
        body: r#"{"event":"ticket.updated","id":123}"#,
        ..HMAC
    });
    holds(&Case {
        secret: "8f742231b10e8888abcd99yyyzzz85a5",
        expected: "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        signed: "v0:{timestamp}:{body}",
        timestamp: Some(("1531420618", Unit::Seconds)),
        body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
               &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
               &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
               &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        ..HMAC
    });
}

#[test]
fn hubspots_three_versions() {
    let plain = Case { algorithm: Algorithm::Plain(Hash::Sha256), ..HMAC };
    let v2 = Case {
        secret: "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        signed: "{secret}{method}{url}{body}",
        url: "https://www.example.com/webhook_uri",
        ..plain
    };
    holds(&Case {
        method: "GET",
        body: "",
        expected: "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e",
        ..v2
    });
    holds(&Case {
        body: r#"{"example_field":"example_value"}"#,
        expected: "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
        ..v2
    });
    let body = r#"[{"eventId":1,"subscriptionType":"contact.creation","objectId":123}]"#;
    holds(&Case {
        secret: "test-client-secret",
        signed: "{secret}{body}",
        body,
        expected: "ddfc4f914124dd99c1d77b59730dde877da987a9f50371cbefc7a877216aee48",
        ..plain
    });
    holds(&Case {
        secret: "test-client-secret",
        signed: "{method}{decoded_url}{body}{timestamp}",
        timestamp: Some(("1700000000000", Unit::Milliseconds)),
        encoding: Encoding::Base64,
        body,
        expected: "GAg73MlfMLfVCSJnmSp9hMEJhRgMJbt+Y06ae715MTg=",
        ..HMAC
    });
}

#[test]
fn twilios_sorted_form() {
    holds(&Case {
        secret: "12345",
        algorithm: Algorithm::Hmac(Hash::Sha1),
        signed: "{url}{sorted_form}",
        encoding: Encoding::Base64,
        url: "https://mycompany.com/myapp.php?foo=1&bar=2",
        body: "To=%2B18005551212&Digits=1234&From=%2B12349013030&Caller=%2B12349013030&CallSid=CA1234567890ABCDE",
        expected: "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
        ..HMAC
    });
}
