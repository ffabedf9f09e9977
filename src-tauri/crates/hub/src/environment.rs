//! What this machine is set to: the variables that Hugging Face tools share, read once into plain
//! values, and what follows from them.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::HubError;

/// The variables that Hugging Face tools share, as they are set; empty ones count as not set.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The person's home folder.
    pub home: Option<PathBuf>,
    /// `XDG_CACHE_HOME`.
    pub xdg_cache_home: Option<PathBuf>,
    /// `HF_HOME`.
    pub hf_home: Option<PathBuf>,
    /// `HF_HUB_CACHE`.
    pub hf_hub_cache: Option<PathBuf>,
    /// `HUGGINGFACE_HUB_CACHE`, the older name.
    pub huggingface_hub_cache: Option<PathBuf>,
    /// `HF_TOKEN`.
    pub hf_token: Option<Token>,
    /// `HF_TOKEN_PATH`.
    pub hf_token_path: Option<PathBuf>,
    /// `HF_HUB_DISABLE_IMPLICIT_TOKEN`: a token that lies about is not used.
    pub no_implicit_token: bool,
    /// `HF_ENDPOINT`.
    pub hf_endpoint: Option<String>,
    /// `HF_HUB_OFFLINE`, or `TRANSFORMERS_OFFLINE`.
    pub offline: bool,
}

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// The variables that `get` knows.
    #[must_use]
    pub fn from_variables(get: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| get(name).filter(|v| !v.is_empty());
        let text = |name: &str| value(name).and_then(|v| v.into_string().ok());
        let path = |name: &str| value(name).map(PathBuf::from);
        let yes = |name: &str| text(name).is_some_and(|v| is_true(&v));
        Self {
            home: path("HOME").or_else(|| path("USERPROFILE")),
            xdg_cache_home: path("XDG_CACHE_HOME"),
            hf_home: path("HF_HOME"),
            hf_hub_cache: path("HF_HUB_CACHE"),
            huggingface_hub_cache: path("HUGGINGFACE_HUB_CACHE"),
            hf_token: text("HF_TOKEN").as_deref().and_then(Token::new),
            hf_token_path: path("HF_TOKEN_PATH"),
            no_implicit_token: text("HF_HUB_DISABLE_IMPLICIT_TOKEN").is_some(),
            hf_endpoint: text("HF_ENDPOINT"),
            offline: yes("HF_HUB_OFFLINE") || yes("TRANSFORMERS_OFFLINE"),
        }
    }

    /// The folder of the hub's cache, which need not exist, by the rules of `huggingface_hub`:
    /// `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `hub` in `HF_HOME`, in
    /// `XDG_CACHE_HOME/huggingface` or in `~/.cache/huggingface`.
    ///
    /// # Errors
    /// When none is set and the home folder is not known.
    pub fn cache_folder(&self) -> Result<PathBuf, HubError> {
        let named = self.hf_hub_cache.as_ref().or(self.huggingface_hub_cache.as_ref());
        match named {
            Some(folder) => Ok(self.expand(folder)),
            None => Ok(self.hugging_face_home().ok_or(HubError::NoHome)?.join("hub")),
        }
    }

    /// The token: `HF_TOKEN`, else the file `HF_TOKEN_PATH` names, else `token` in `HF_HOME`.
    /// A file that cannot be read counts as none.
    #[must_use]
    pub fn token(&self) -> Option<Token> {
        if self.no_implicit_token {
            return None;
        }
        let in_file = |path: PathBuf| Token::new(&std::fs::read_to_string(path).ok()?);
        self.hf_token
            .clone()
            .or_else(|| in_file(self.expand(self.hf_token_path.as_ref()?)))
            .or_else(|| in_file(self.hugging_face_home()?.join("token")))
    }

    /// All of it, resolved.
    ///
    /// # Errors
    /// When no cache folder can be named.
    pub fn settings(&self) -> Result<HubSettings, HubError> {
        Ok(HubSettings {
            cache: self.cache_folder()?,
            endpoint: self.hf_endpoint.clone(),
            token: self.token(),
            offline: self.offline,
        })
    }

    fn hugging_face_home(&self) -> Option<PathBuf> {
        let cache = || match &self.xdg_cache_home {
            Some(folder) => Some(self.expand(folder)),
            None => Some(self.home.as_ref()?.join(".cache")),
        };
        match &self.hf_home {
            Some(folder) => Some(self.expand(folder)),
            None => Some(cache()?.join("huggingface")),
        }
    }

    /// `~` at the beginning stands for the home folder, as in a shell.
    fn expand(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path.to_path_buf(),
        }
    }
}

/// As `huggingface_hub` reads a switch.
fn is_true(value: &str) -> bool {
    ["1", "ON", "YES", "TRUE"].contains(&value.to_uppercase().as_str())
}

/// Where the cache is and how the hub is asked.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// Folder of the hub's cache; made when something is fetched.
    pub cache: PathBuf,
    /// Address of the hub; none for the default one.
    pub endpoint: Option<String>,
    /// Sent to the endpoint's host only.
    pub token: Option<Token>,
    /// Whether every connection is refused.
    pub offline: bool,
}

/// An access token. It is never shown: not in errors, not by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Trims `text`; none when nothing is left, or when it cannot stand in a request.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let plain = text.bytes().all(|b| b.is_ascii_graphic());
        (!text.is_empty() && plain).then(|| Self(text.to_owned()))
    }

    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;
