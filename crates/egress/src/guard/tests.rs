//! The guard against every disguise of an internal address we know of.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use url::Url;

use super::{Guard, Refused};

const STRICT: Guard = Guard { allow_http: false, allow_private_networks: false };

const DEVELOPMENT: Guard = Guard { allow_http: true, allow_private_networks: true };

fn check(guard: Guard, url: &str) -> Result<(), Refused> {
    guard.check_url(&Url::parse(url).unwrap())
}

#[test]
fn lets_public_destinations_through() {
    for url in [
        "https://hooks.example.com/crm?x=1",
        "https://hooks.example.com:8443/",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://localhost.example.com/",
        "https://notlocalhost/",
    ] {
        assert_eq!(check(STRICT, url), Ok(()), "{url}");
    }
}

#[test]
fn refuses_every_disguise_of_an_internal_address() {
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127。0。0。1",
        "１２７.0.0.1",
        "10.0.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "192.0.0.192",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:0:7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::1]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[fe80::1]",
        "[fec0::1]",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "[fd00:c1::a9fe:a9fe]",
        "[ff02::1]",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "255.255.255.255",
    ] {
        assert_eq!(check(STRICT, &format!("https://{host}/")), Err(Refused::Address), "{host}");
    }
}

#[test]
fn refuses_names_of_the_machine_and_its_platform() {
    for name in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "api.localhost",
        "metadata.google.internal",
        "metadata.google.internal.",
    ] {
        assert_eq!(check(STRICT, &format!("https://{name}/")), Err(Refused::Name), "{name}");
    }
}

#[test]
fn refuses_a_url_that_is_more_or_less_than_a_destination() {
    for (url, reason) in [
        ("http://hooks.example.com/", Refused::Scheme),
        ("HTTP://hooks.example.com/", Refused::Scheme),
        ("file:///etc/passwd", Refused::Scheme),
        ("gopher://hooks.example.com/", Refused::Scheme),
        ("https://public.example.com@127.0.0.1/", Refused::UserInfo),
        ("https://:password@hooks.example.com/", Refused::UserInfo),
        ("https://hooks.example.com/#top", Refused::Fragment),
        ("https://hooks.example.com:0/", Refused::Port),
        ("https://./", Refused::Host),
    ] {
        assert_eq!(check(STRICT, url), Err(reason), "{url}");
    }
}

#[test]
fn sees_through_backslashes_tabs_and_newlines() {
    assert_eq!(check(STRICT, r"https:\\127.0.0.1\hook"), Err(Refused::Address));
    assert_eq!(check(STRICT, "https://127.0\t.0.\n1/"), Err(Refused::Address));
    assert_eq!(check(STRICT, "HTTPS://127.0.0.1/"), Err(Refused::Address));
}

#[test]
fn development_reaches_the_local_network_over_http() {
    for url in [
        "http://localhost:8080/",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.1.2.3/",
        "http://100.64.0.1/",
        "http://[fd12::1]/",
    ] {
        assert_eq!(check(DEVELOPMENT, url), Ok(()), "{url}");
    }
}

#[test]
fn development_does_not_reach_metadata_multicast_or_nothing() {
    for host in [
        "0.0.0.0",
        "[::]",
        "224.0.0.1",
        "255.255.255.255",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "[fd00:c1::a9fe:a9fe]",
        "[ff02::1]",
        "[2002:7f00:1::1]",
    ] {
        let url = format!("http://{host}/");
        assert_eq!(check(DEVELOPMENT, &url), Err(Refused::Address), "{url}");
    }
    assert_eq!(check(DEVELOPMENT, "http://metadata.google.internal/"), Err(Refused::Name));
}

#[test]
fn the_reason_does_not_name_the_address() {
    let reason = check(STRICT, "https://10.11.12.13/").unwrap_err();
    assert!(!reason.to_string().contains("10.11"));
    assert_eq!(reason.code(), "blocked_address");
}

/// Addresses of the special ranges are rare among random ones: half of the cases start with a telling octet.
fn any_ipv4() -> impl Strategy<Value = Ipv4Addr> {
    let telling = prop::sample::select(vec![0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 240, 255]);
    prop_oneof![any::<[u8; 4]>(), (telling, any::<[u8; 3]>()).prop_map(|(a, [b, c, d])| [a, b, c, d])]
        .prop_map(Ipv4Addr::from)
}

proptest! {
    #[test]
    fn refuses_whatever_the_standard_library_calls_special(ip in any_ipv4()) {
        let special = ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_multicast()
            || ip.is_broadcast() || ip.is_documentation() || ip.is_unspecified();
        if special {
            prop_assert_eq!(STRICT.check_ip(ip.into()), Err(Refused::Address));
        }
    }

    #[test]
    fn a_mapped_address_is_judged_like_the_address_itself(ip in any_ipv4()) {
        for guard in [STRICT, DEVELOPMENT] {
            prop_assert_eq!(guard.check_ip(ip.to_ipv6_mapped().into()), guard.check_ip(ip.into()));
        }
    }

    #[test]
    fn only_global_unicast_ipv6_is_public(segments in any::<[u16; 8]>()) {
        let ip = Ipv6Addr::from(segments);
        if STRICT.check_ip(IpAddr::V6(ip)).is_ok() && ip.to_ipv4_mapped().is_none() {
            prop_assert_eq!(segments[0] >> 13, 1);
        }
    }
}
