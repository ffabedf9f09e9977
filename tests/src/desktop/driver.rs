use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::xvfb::Xvfb;
use crate::programs;

/// Variables that would lead the program to a cache or a hub outside the test.
const HUB: [&str; 6] = [
    "HF_HOME",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "HF_ENDPOINT",
    "HF_TOKEN",
    "HF_HUB_OFFLINE",
];

/// A WebDriver server. It, the program it started and that one's web processes end when dropped.
#[derive(Debug)]
pub(super) struct Driver {
    process: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Driver {
    /// Starts a server on a free port, in a process group of its own.
    pub(super) fn start(screen: &Xvfb, home: &Path, variables: &[(&str, String)]) -> Result<Self> {
        // The port could be taken between here and the server's start; then the test says so.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let path = home.join("window.log");
        let log = std::fs::File::create(&path)?;
        let mut command = Command::new("WebKitWebDriver");
        for name in HUB {
            command.env_remove(name);
        }
        let process = command
            .arg("--host=127.0.0.1")
            .arg(format!("--port={}", address.port()))
            .env("DISPLAY", screen.name())
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("EMPATHY_LENS_HOME", home)
            .env("EMPATHY_LENS_MODELS", programs::models())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            // What the web view keeps belongs to this test alone.
            .env("HOME", home)
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CACHE_HOME")
            .env_remove("XDG_CONFIG_HOME")
            // Either leaves the window blank under WebDriver.
            .env_remove("WEBKIT_DISABLE_DMABUF_RENDERER")
            .env_remove("WEBKIT_DISABLE_COMPOSITING_MODE")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("WebKitWebDriver cannot be started")?;
        let driver = Self { process, address, log: path };
        driver.wait_until_it_listens()?;
        Ok(driver)
    }

    fn wait_until_it_listens(&self) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(self.address).is_err() {
            if Instant::now() > end {
                bail!("WebKitWebDriver does not listen on {}", self.address);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// What it and the program have written.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default().trim().to_owned()
    }

    /// Where it listens.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        self.process.wait().ok();
    }
}
