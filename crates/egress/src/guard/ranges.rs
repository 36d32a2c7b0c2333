//! The address ranges that are not the public internet, as tables.
//!
//! Source: the IANA special-purpose address registries, plus the metadata addresses of cloud platforms that look
//! public or sit inside a range an operator may open.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// What an address is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Reachable on the internet: a subscriber may live here.
    Public,
    /// The operator's own networks: allowed only by a setting.
    Private,
    /// No receiver can or should live here, whatever the settings say.
    Forbidden,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// All blocks of ours are told by their first two segments.
const fn v6(first: u16, second: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

const fn host_v6(ip: Ipv6Addr) -> Ipv6Net {
    Ipv6Net::new_assert(ip, 128)
}

/// AWS metadata, inside the unique-local range.
const AWS_METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);

/// Google Cloud metadata, inside the unique-local range.
const GOOGLE_METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254);

/// Oracle Cloud metadata, inside the unique-local range.
const ORACLE_METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x00c1, 0, 0, 0, 0, 0xa9fe, 0xa9fe);

const FORBIDDEN_V4: &[Ipv4Net] = &[
    v4(0, 0, 0, 0, 8),          // "this network"; Linux routes 0.0.0.0 to itself
    v4(100, 100, 100, 200, 32), // Alibaba Cloud metadata, inside the CGNAT range
    v4(168, 63, 129, 16, 32),   // Azure platform services: looks public, answers only inside
    v4(169, 254, 0, 0, 16),     // link-local: the metadata service of most clouds
    v4(192, 0, 0, 0, 24),       // protocol assignments, with Oracle Cloud metadata
    v4(192, 0, 2, 0, 24),       // documentation
    v4(192, 88, 99, 0, 24),     // 6to4 relays
    v4(198, 18, 0, 0, 15),      // benchmarks
    v4(198, 51, 100, 0, 24),    // documentation
    v4(203, 0, 113, 0, 24),     // documentation
    v4(224, 0, 0, 0, 4),        // multicast
    v4(240, 0, 0, 0, 4),        // reserved
    v4(255, 255, 255, 255, 32), // broadcast
];

const PRIVATE_V4: &[Ipv4Net] = &[
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10), // carrier-grade NAT
    v4(127, 0, 0, 0, 8),
    v4(172, 16, 0, 0, 12),
    v4(192, 168, 0, 0, 16),
];

/// The only block from which global unicast addresses are given out. Whatever lies outside is not the internet:
/// compatible, SIIT and NAT64 forms of IPv4, link-local, multicast, and all that is yet unassigned.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

const FORBIDDEN_V6: &[Ipv6Net] = &[
    v6(0x2001, 0, 23),      // protocol assignments; Teredo among them, an IPv4 address in disguise
    v6(0x2001, 0x0db8, 32), // documentation
    v6(0x2002, 0, 16),      // 6to4: an IPv4 address in disguise
    v6(0x3fff, 0, 20),      // documentation
    host_v6(AWS_METADATA_V6),
    host_v6(GOOGLE_METADATA_V6),
    host_v6(ORACLE_METADATA_V6),
];

const PRIVATE_V6: &[Ipv6Net] = &[
    host_v6(Ipv6Addr::LOCALHOST),
    v6(0xfc00, 0, 7),  // unique local
    v6(0xfec0, 0, 10), // site-local, deprecated
];

/// The zone of an address. An IPv4-mapped address is judged as the IPv4 address it reaches.
pub(super) fn zone(address: IpAddr) -> Zone {
    match address.to_canonical() {
        IpAddr::V4(ip) => zone_v4(ip),
        IpAddr::V6(ip) => zone_v6(ip),
    }
}

fn zone_v4(ip: Ipv4Addr) -> Zone {
    // Forbidden first: it has holes punched into the private ranges.
    if FORBIDDEN_V4.iter().any(|net| net.contains(&ip)) {
        Zone::Forbidden
    } else if PRIVATE_V4.iter().any(|net| net.contains(&ip)) {
        Zone::Private
    } else {
        Zone::Public
    }
}

fn zone_v6(ip: Ipv6Addr) -> Zone {
    if FORBIDDEN_V6.iter().any(|net| net.contains(&ip)) {
        Zone::Forbidden
    } else if PRIVATE_V6.iter().any(|net| net.contains(&ip)) {
        Zone::Private
    } else if GLOBAL_V6.contains(&ip) {
        Zone::Public
    } else {
        Zone::Forbidden
    }
}
