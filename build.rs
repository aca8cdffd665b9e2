//! Compresses the script of the API reference and the bundled records, and passes the commit of a
//! release build to the program.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const RECORDS: &str = "records/records.json";

fn main() -> Result<(), Box<dyn Error>> {
    compress_script()?;
    println!("cargo::rerun-if-changed={RECORDS}");
    compress(&std::fs::read(RECORDS)?, &output("records.json.br")?)?;
    println!("cargo::rerun-if-env-changed=TASKFORCE_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build is not rebuilt with each commit.
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = std::env::var("TASKFORCE_COMMIT")
        .ok()
        .or_else(|| is_release.then(commit_of_package).flatten())
        .or_else(|| is_release.then(commit_of_checkout).flatten());
    println!(
        "cargo::rustc-env=TASKFORCE_COMMIT={}",
        commit.unwrap_or_else(|| "unknown".to_owned())
    );
    Ok(())
}

/// Compresses the script with the best quality, which takes too long during a response. Each
/// version of the script has its own output folder, so this is done once.
fn compress_script() -> Result<(), Box<dyn Error>> {
    let file = output("scalar.js.br")?;
    if file.exists() {
        return Ok(());
    }
    let script = scalar_api_reference::get_asset("scalar.js").ok_or("the script is missing")?;
    compress(&script, &file)
}

fn output(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    Ok(Path::new(&std::env::var("OUT_DIR")?).join(name))
}

fn compress(bytes: &[u8], file: &Path) -> Result<(), Box<dyn Error>> {
    let mut compressed = brotli::CompressorWriter::new(Vec::new(), 65_536, 10, 24);
    compressed.write_all(bytes)?;
    Ok(std::fs::write(file, compressed.into_inner())?)
}

/// Returns the commit that `cargo package` recorded.
fn commit_of_package() -> Option<String> {
    let info = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let commit = info.split("\"sha1\": \"").nth(1)?.split('"').next()?;
    commit.get(..12).map(str::to_owned)
}

/// Returns the commit of the checkout, if this is one.
fn commit_of_checkout() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    for file in ["HEAD", "logs/HEAD"] {
        println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", file])?);
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
