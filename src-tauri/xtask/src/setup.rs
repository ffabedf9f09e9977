//! Finds out what the machine lacks, says what and why, and installs it where it knows how.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, command, output};

/// A package of Debian and Ubuntu and what it is for.
struct Package {
    name: &'static str,
    why: &'static str,
}

const fn package(name: &'static str, why: &'static str) -> Package {
    Package { name, why }
}

/// Needed to build and run the program.
const TO_RUN: &[Package] = &[
    package("build-essential", "compiles the study file's database and links the program"),
    package("pkg-config", "finds the libraries below"),
    package("libwebkit2gtk-4.1-dev", "draws the window"),
    package("libdbus-1-dev", "talks to the desktop"),
];

/// Needed on top for the tests.
const TO_TEST: &[Package] = &[
    package("xvfb", "a screen for the window when there is none"),
    package("webkit2gtk-driver", "presses the window's buttons"),
    package("xdotool", "moves the mouse, to drop files"),
    package("python3-gi", "the other end of a file drop"),
    package("gir1.2-gtk-3.0", "the other end of a file drop"),
    package("poppler-utils", "opens exported PDF files"),
    package("libvulkan1", "finds a graphics device"),
    package("mesa-vulkan-drivers", "a graphics device in software when there is none"),
];

/// What the machine is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Run,
    Test,
}

/// Makes sure that what is needed is there.
pub(crate) fn prepare(purpose: Purpose) -> Result<()> {
    node()?;
    if purpose == Purpose::Test {
        rust_components()?;
    }
    let wanted: Vec<&Package> = match purpose {
        Purpose::Run => TO_RUN.iter().collect(),
        Purpose::Test => TO_RUN.iter().chain(TO_TEST).collect(),
    };
    if cfg!(target_os = "macos") {
        return xcode();
    }
    if !cfg!(target_os = "linux") {
        println!("On this system, install a C compiler and WebView 2 if the build asks for them.");
        return Ok(());
    }
    if output(command("dpkg-query", &["--version"])).is_none() {
        println!(
            "This is neither Debian nor Ubuntu. What their packages are called here, you know:"
        );
        for package in wanted {
            println!("  {:24} {}", package.name, package.why);
        }
        return Ok(());
    }
    let missing: Vec<&Package> =
        wanted.into_iter().filter(|package| !installed(package.name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("These packages are missing and will be installed now:");
    for package in &missing {
        println!("  {:24} {}", package.name, package.why);
    }
    install(&missing)
}

fn installed(package: &str) -> bool {
    let status = ["-W", "-f=${db:Status-Status}\n", package];
    output(command("dpkg-query", &status))
        .is_some_and(|text| text.lines().any(|line| line == "installed"))
}

fn install(packages: &[&Package]) -> Result<()> {
    let root = output(command("id", &["-u"])).is_some_and(|id| id.trim() == "0");
    let names: Vec<&str> = packages.iter().map(|package| package.name).collect();
    let apt = |arguments: &[&str]| {
        let mut apt = if root {
            command("apt-get", arguments)
        } else {
            // sudo passes no environment on unless told
            let mut sudo = command("sudo", &["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            sudo.args(arguments);
            sudo
        };
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    if !root && output(command("sudo", &["--version"])).is_none() {
        bail!("there is no sudo here: as root, run apt-get install {}", names.join(" "));
    }
    // old lists name versions that are no longer there; should this fail, installing says why
    if let Err(error) = process::run(apt(&["update", "--quiet"])) {
        println!("{error:#}; going on with the package lists that are there");
    }
    let mut arguments = vec!["install", "--yes", "--quiet", "--no-install-recommends"];
    arguments.extend(&names);
    process::run(apt(&arguments))
        .with_context(|| format!("install these by hand, then try again: {}", names.join(" ")))
}

fn xcode() -> Result<()> {
    if output(command("xcode-select", &["-p"])).is_none() {
        bail!(
            "the Xcode command line tools are missing (they compile and link the program): run \
             xcode-select --install, then try again"
        );
    }
    Ok(())
}

/// The oldest Node.js that builds the interface.
const NODE: (u32, u32) = (20, 19);

fn node() -> Result<()> {
    let how = format!(
        "install Node.js {}.{} or later (nodejs.org), which builds the interface, then try again",
        NODE.0, NODE.1
    );
    let Some(version) = output(command("node", &["--version"])) else {
        bail!("Node.js is missing: {how}");
    };
    let version = version.trim();
    if parse_version(version).is_none_or(|found| found < NODE) {
        bail!("Node.js {version} is too old: {how}");
    }
    if output(npm(&["--version"])).is_none() {
        bail!("npm, which comes with Node.js, is missing: {how}");
    }
    Ok(())
}

/// Major and minor of `v20.19.1`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// npm in the repository's root.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    command(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments)
}

/// rustfmt and clippy: part of rustup's default profile, but not of its minimal one.
fn rust_components() -> Result<()> {
    for (component, arguments) in
        [("rustfmt", ["fmt", "--version"]), ("clippy", ["clippy", "--version"])]
    {
        if output(process::cargo(&arguments)).is_none() {
            println!("{component} is missing and will be installed now: it checks the code");
            process::run(command("rustup", &["component", "add", component]))
                .with_context(|| format!("install {component} by hand, then try again"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_compared_as_numbers() {
        assert_eq!(parse_version("v20.19.1"), Some((20, 19)));
        assert!(parse_version("v20.9.0") < Some(NODE) && parse_version("v9.99.0") < Some(NODE));
        assert!(parse_version("v24.0.0-pre") > Some(NODE));
        assert_eq!(parse_version("no version"), None);
    }
}
