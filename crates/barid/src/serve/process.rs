//! What this process is called where others see it.

use std::fs;

use crate::roles::Role;

/// The name of this machine, if it has one.
pub(super) fn host() -> Option<String> {
    let name = fs::read_to_string("/etc/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// What RabbitMQ lists the connections under: `barid router+dispatcher on host-1`.
pub(super) fn connection_name(roles: &[Role]) -> String {
    let roles = roles.iter().map(ToString::to_string).collect::<Vec<_>>().join("+");
    match host() {
        Some(host) => format!("barid {roles} on {host}"),
        None => format!("barid {roles}"),
    }
}
