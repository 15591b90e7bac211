//! The path to an address, by the system's traceroute.

use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::limits::ANSWER_BYTES;

/// Runs the program and takes what it prints. It resolves no names (`-n`).
///
/// # Errors
///
/// That it cannot be run, failed, or took too long; then it is ended.
pub fn ask(program: &Path, ip: IpAddr, patience: Duration) -> Result<Vec<u8>, String> {
    let name = program.display();
    let mut child = Command::new(program)
        .args(["-n", &ip.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("{name} cannot be run: {e}"))?;
    let mut output = child.stdout.take().ok_or("no output")?.take(ANSWER_BYTES);
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut out = Vec::new();
        let done = output.read_to_end(&mut out).map(|_| out);
        let _ = told.send(done);
    });
    let got = heard.recv_timeout(patience);
    if got.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    let out = got
        .map_err(|_| format!("{name} took longer than {} seconds", patience.as_secs()))?
        .map_err(|e| e.to_string())?;
    match status.success() && !out.trim_ascii().is_empty() {
        true => Ok(out),
        false => Err(format!("{name} ended with {status}")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn script(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("traceroute");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        (dir, path)
    }

    #[test]
    fn run() {
        let ip = "192.0.2.7".parse().unwrap();
        let long = Duration::from_secs(20);
        let (_dir, path) = script("echo traceroute \"$@\"");
        assert_eq!(ask(&path, ip, long).unwrap(), b"traceroute -n 192.0.2.7\n");
        let (_dir, path) = script("echo x; exit 1");
        assert!(ask(&path, ip, long).unwrap_err().contains("ended with"));
        let (_dir, path) = script("exec sleep 20");
        assert!(ask(&path, ip, Duration::from_millis(200)).unwrap_err().contains("took longer"));
        assert!(ask(Path::new("/nonexistent/t"), ip, long).unwrap_err().contains("cannot be run"));
    }
}
