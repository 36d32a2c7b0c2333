//! CPU time and memory of processes, from `/proc`.

use std::fs;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

/// Kernel clock ticks per second: 100 on every Linux that matters here.
const TICKS: f64 = 100.0;

/// A process to watch.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) name: &'static str,
    pub(super) pid: u32,
}

/// Reads what processes have used.
#[derive(Debug)]
pub(super) struct Meter(Vec<Watched>);

/// CPU seconds of each process since the start of it.
pub(super) type Reading = Vec<Option<f64>>;

/// What one process used.
#[derive(Clone, Debug)]
pub(super) struct Cost {
    pub(super) name: &'static str,
    /// CPU seconds; nothing if the process is unknown or gone.
    pub(super) seconds: Option<f64>,
    /// The most memory it has had, in bytes.
    pub(super) peak_memory: Option<u64>,
}

impl Meter {
    pub(super) fn new(processes: &[Watched], broker: Option<u32>) -> Self {
        let broker = broker.map(|pid| Watched { name: "broker", pid });
        Self(processes.iter().cloned().chain(broker).collect())
    }

    pub(super) fn read(&self) -> Reading {
        self.0.iter().map(|watched| cpu_seconds(watched.pid)).collect()
    }

    pub(super) fn since(&self, before: &Reading) -> Vec<Cost> {
        let spent = |(watched, before): (&Watched, &Option<f64>)| Cost {
            name: watched.name,
            seconds: cpu_seconds(watched.pid).zip(*before).map(|(now, before)| now - before),
            peak_memory: peak_memory(watched.pid),
        };
        self.0.iter().zip(before).map(spent).collect()
    }
}

/// CPU seconds this process has used.
pub(super) fn own() -> f64 {
    cpu_seconds(std::process::id()).unwrap_or_default()
}

fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name, in brackets, may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / TICKS)
}

fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024)
}

/// The process that listens on the port of a broker's URL, if it is on this machine and ours to see.
pub(super) fn listener(url: &SecretString) -> Option<u32> {
    let authority = url.expose_secret().split("//").nth(1)?.split('/').next()?;
    let port: u16 = authority.rsplit_once(':').map_or(Some(5672), |(_, port)| port.parse().ok())?;
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| listening_inode(table, port))?;
    let socket = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| has_socket(*pid, &socket))
}

fn listening_inode(table: &str, port: u16) -> Option<String> {
    const LISTEN: &str = "0A";
    let wanted = format!(":{port:04X}");
    fs::read_to_string(table).ok()?.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == LISTEN;
        listens.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
    })
}

fn has_socket(pid: u32, socket: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors
        .filter_map(Result::ok)
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|link| link == Path::new(socket)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_this_process() {
        assert!(cpu_seconds(std::process::id()).is_some());
        assert!(peak_memory(std::process::id()).is_some_and(|bytes| bytes > 100_000));
    }

    #[test]
    fn finds_who_listens_on_a_port() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("amqp://guest:guest@127.0.0.1:{}/%2f", socket.local_addr().unwrap().port());
        assert_eq!(listener(&SecretString::from(url)), Some(std::process::id()));
    }
}
