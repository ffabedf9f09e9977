//! A small server that speaks the hub's HTTP, on this machine only.
#![allow(dead_code, reason = "each test file uses a part of it")]

mod server;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use lens_core::{CancelToken, Progress, Reporter, Silent};
use lens_hub::{DownloadPlan, Hub, HubError, HubSettings, RepoId, Token};
use sha1::Digest as _;

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const ID: &str = "org/model";

/// What the server has, and how it misbehaves.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) files: BTreeMap<String, Served>,
    /// Status and error code for every question on the model.
    pub(crate) refuse: Option<(u16, &'static str)>,
    /// Status and error code for contents only.
    pub(crate) refuse_files: Option<(u16, &'static str)>,
    /// Whether its terms have to be accepted.
    pub(crate) gated: bool,
    /// Questions on the model are answered elsewhere.
    pub(crate) moved: bool,
    /// Files of the list on each page.
    pub(crate) page: usize,
}

/// One file and the way its content is sent.
#[derive(Clone, Default)]
pub(crate) struct Served {
    pub(crate) content: Vec<u8>,
    /// Behind a redirect to another server, with its SHA-256; else in git, with its SHA-1.
    pub(crate) large: bool,
    /// Size that the list claims.
    pub(crate) claimed: Option<u64>,
    /// Bytes after which every connection ends.
    pub(crate) cut_at: Option<usize>,
    /// The same, on the first connection only.
    pub(crate) cut_once: Option<usize>,
    /// Bytes after which nothing more is said.
    pub(crate) silent_at: Option<usize>,
    /// Ranges are not known.
    pub(crate) no_ranges: bool,
    /// Sent in place of the content.
    pub(crate) sent: Option<Vec<u8>>,
    /// No length is said.
    pub(crate) no_length: bool,
    /// It redirects to itself.
    pub(crate) circle: bool,
    /// No checksum is said.
    pub(crate) no_hash: bool,
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) cdn: bool,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
}

pub(crate) struct Server {
    pub(crate) endpoint: String,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) log: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let log = Arc::new(Mutex::new(Vec::new()));
        let hub = TcpListener::bind("127.0.0.1:0").unwrap();
        let cdn = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", hub.local_addr().unwrap());
        let elsewhere = format!("http://{}", cdn.local_addr().unwrap());
        for (listener, is_cdn) in [(hub, false), (cdn, true)] {
            let (state, log) = (Arc::clone(&state), Arc::clone(&log));
            let (endpoint, elsewhere) = (endpoint.clone(), elsewhere.clone());
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    let (state, log) = (Arc::clone(&state), Arc::clone(&log));
                    let (endpoint, elsewhere) = (endpoint.clone(), elsewhere.clone());
                    std::thread::spawn(move || {
                        let place = server::Place { is_cdn, endpoint, elsewhere, state, log };
                        // a client that goes away is no fault of the server
                        let _ = place.answer(stream.unwrap());
                    });
                }
            });
        }
        Self { endpoint, state, log }
    }

    /// A model as they are: configuration and tokenizer in git, weights behind a redirect.
    pub(crate) fn with_model() -> Self {
        let server = Self::start();
        server.put("config.json", small("{\"model_type\": \"llama\"}"));
        server.put("tokenizer.json", small("{}"));
        server.put("model.safetensors", large(300_000));
        server.put("README.md", small("# A model"));
        server.put("pytorch_model.bin", large(1000));
        server.put("modeling.py", small("import os"));
        server
    }

    pub(crate) fn put(&self, name: &str, file: Served) {
        self.state.lock().unwrap().files.insert(name.to_owned(), file);
    }

    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Served)) {
        change(self.state.lock().unwrap().files.get_mut(name).unwrap());
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    /// The questions for contents.
    pub(crate) fn fetched(&self) -> Vec<Asked> {
        let content = |a: &Asked| a.method == "GET" && (a.cdn || a.path.contains("/resolve/"));
        self.asked().into_iter().filter(content).collect()
    }

    pub(crate) fn settings(&self, cache: &Path) -> HubSettings {
        HubSettings {
            cache: cache.to_path_buf(),
            endpoint: Some(self.endpoint.clone()),
            token: None,
            offline: false,
        }
    }

    pub(crate) fn hub(&self, cache: &Path) -> Hub {
        Hub::new(self.settings(cache))
    }

    pub(crate) fn hub_with_token(&self, cache: &Path) -> Hub {
        let token = Token::new("hf_secret");
        Hub::new(HubSettings { token, ..self.settings(cache) })
    }
}

pub(crate) fn small(content: &str) -> Served {
    Served { content: content.as_bytes().to_vec(), ..Served::default() }
}

/// Bytes that do not repeat with the period of any buffer.
pub(crate) fn large(bytes: usize) -> Served {
    let content = (0..bytes).map(|i| ((i * 31) ^ (i / 251)) as u8).collect();
    Served { content, large: true, ..Served::default() }
}

pub(crate) fn sha256(content: &[u8]) -> String {
    sha2::Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn git_sha1(content: &[u8]) -> String {
    let mut sum = sha1::Sha1::new();
    sum.update(format!("blob {}\0", content.len()));
    sum.update(content);
    sum.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn id() -> RepoId {
    ID.parse().unwrap()
}

pub(crate) fn plan(hub: &Hub) -> Result<DownloadPlan, HubError> {
    hub.plan(&id(), None, &CancelToken::default())
}

pub(crate) fn fetch(hub: &Hub, plan: &DownloadPlan) -> Result<std::path::PathBuf, HubError> {
    hub.fetch(plan, &Silent, &CancelToken::default())
}

/// Keeps all that is reported.
#[derive(Default)]
pub(crate) struct Log(pub(crate) Mutex<Vec<Progress>>);

impl Reporter for Log {
    fn report(&self, progress: Progress) {
        self.0.lock().unwrap().push(progress);
    }
}
