//! The rules of the house that a compiler does not check: which crate may name which, and one heavy dependency in one
//! crate.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each crate of ours may name of ours. `barid` puts everything together.
const ARROWS: [(&str, &[&str]); 14] = [
    ("barid-event", &[]),
    ("barid-headers", &[]),
    ("barid-signature", &[]),
    ("barid-telemetry", &[]),
    ("barid-registry", &["barid-event", "barid-headers", "barid-signature"]),
    ("barid-inbound", &["barid-event", "barid-registry"]),
    ("barid-broker", &["barid-event", "barid-telemetry"]),
    ("barid-producer", &["barid-broker", "barid-event", "barid-telemetry"]),
    ("barid-egress", &["barid-headers", "barid-telemetry"]),
    ("barid-router", &["barid-broker", "barid-event", "barid-registry", "barid-telemetry"]),
    ("barid-dispatcher", &["barid-broker", "barid-event", "barid-registry", "barid-egress", "barid-telemetry"]),
    ("barid-store", &["barid-event", "barid-inbound", "barid-registry", "barid-telemetry"]),
    (
        "barid-gateway",
        &[
            "barid-broker",
            "barid-egress",
            "barid-event",
            "barid-inbound",
            "barid-registry",
            "barid-signature",
            "barid-store",
            "barid-telemetry",
        ],
    ),
    (
        "barid",
        &[
            "barid-broker",
            "barid-dispatcher",
            "barid-egress",
            "barid-event",
            "barid-gateway",
            "barid-inbound",
            "barid-producer",
            "barid-registry",
            "barid-router",
            "barid-signature",
            "barid-store",
            "barid-telemetry",
        ],
    ),
];

/// Who alone may name these.
const OWNERS: [(&str, &str); 12] = [
    ("lapin", "barid-broker"),
    ("reqwest", "barid-egress"),
    ("sqlx", "barid-store"),
    ("chacha20poly1305", "barid-store"),
    ("axum", "barid-gateway"),
    ("jsonschema", "barid-registry"),
    ("serde-saphyr", "barid-registry"),
    ("roxmltree", "barid-inbound"),
    ("p256", "barid-inbound"),
    ("clap", "barid"),
    ("config", "barid"),
    ("anyhow", "barid"),
];

/// Crates that do nothing but think.
const PURE: [&str; 5] = ["barid-event", "barid-headers", "barid-signature", "barid-registry", "barid-inbound"];

/// What a crate needs that reads, writes or waits.
const IO: [&str; 10] =
    ["tokio", "tokio-util", "futures-util", "hyper", "hyper-util", "lapin", "reqwest", "rustls", "sqlx", "axum"];

/// The suite and its harness, which may name everything.
const TESTS: &str = "barid-tests";

/// Our crates, the tests left out.
fn packages() -> cargo_metadata::Result<Vec<Package>> {
    let mut packages = MetadataCommand::new().no_deps().exec()?.packages;
    packages.retain(|package| *package.name != TESTS);
    Ok(packages)
}

/// What a crate names outside its tests.
fn named(package: &Package) -> BTreeSet<&str> {
    let normal = package.dependencies.iter().filter(|needed| needed.kind != DependencyKind::Development);
    normal.map(|needed| needed.name.as_str()).collect()
}

#[test]
fn crates_name_only_what_they_may() {
    let arrows = BTreeMap::from(ARROWS);
    for package in packages().unwrap() {
        let allowed = arrows.get(package.name.as_str());
        let allowed = allowed.unwrap_or_else(|| panic!("{} has no place in the house", package.name));
        for name in named(&package).into_iter().filter(|name| arrows.contains_key(name)) {
            assert!(allowed.contains(&name), "{} must not name {name}", package.name);
        }
    }
}

#[test]
fn a_heavy_dependency_lives_in_one_crate() {
    for package in packages().unwrap() {
        for (heavy, owner) in OWNERS {
            let names_it = named(&package).contains(heavy);
            assert!(!names_it || *package.name == owner, "only {owner} may name {heavy}, not {}", package.name);
        }
    }
}

#[test]
fn pure_crates_do_no_io() {
    for package in packages().unwrap().iter().filter(|package| PURE.contains(&package.name.as_str())) {
        for name in IO {
            assert!(!named(package).contains(name), "{} must not name {name}", package.name);
        }
    }
}

#[test]
fn every_crate_obeys_the_lints_of_the_workspace() {
    for package in packages().unwrap() {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} has lints of its own", package.name);
    }
}
