//! What can go wrong with the hub, each as a sentence that says what to do.

use std::path::PathBuf;

use lens_core::Cancelled;

/// Why a model could not be planned or fetched. None of these ever holds the token.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Neither a variable nor a home folder says where the cache is.
    #[error("the home folder is not known, so the hub's cache cannot be found; set HF_HOME")]
    NoHome,
    /// Not a model's id.
    #[error(
        "{0:?} is not a model's id; it has the form org/name, of letters, digits, '-', '_' and '.'"
    )]
    BadId(String),
    /// Not a branch, tag or commit.
    #[error("{0:?} cannot be a revision; give a branch, a tag or a commit hash")]
    BadRevision(String),
    /// HF_ENDPOINT is not an address.
    #[error("the hub's address {0:?} is not a web address; correct or unset HF_ENDPOINT")]
    BadEndpoint(String),
    /// Connections are switched off.
    #[error("HF_HUB_OFFLINE is set, so nothing is fetched; unset it to download {0}")]
    Offline(String),
    /// The server cannot be reached.
    #[error("{host} cannot be reached ({reason}); check the connection and try again")]
    NoConnection {
        /// Host name of the server.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The terms of the model have to be accepted first.
    #[error(
        "{repo} is gated: accept its terms on {page}, then {}",
        if *has_token { "check that the token is of the account that accepted them" }
        else { "set a token of that account in HF_TOKEN" }
    )]
    Gated {
        /// The model.
        repo: String,
        /// Address of its page.
        page: String,
        /// Whether a token was sent.
        has_token: bool,
    },
    /// 401.
    #[error(
        "the hub does not let this account see {repo} (401): {}",
        if *has_token { "the token is not valid any more or lacks the right to read; set another in HF_TOKEN" }
        else { "set a token in HF_TOKEN" }
    )]
    Unauthorised {
        /// The model.
        repo: String,
        /// Whether a token was sent.
        has_token: bool,
    },
    /// 403 that is not about gating.
    #[error("the hub refuses access to {repo} (403); the token may lack the right to read it")]
    Forbidden {
        /// The model.
        repo: String,
    },
    /// No such model, or a private one.
    #[error(
        "there is no model {repo} on the hub, or it is private; check the spelling, and for a \
         private model set a token in HF_TOKEN"
    )]
    RepoNotFound {
        /// The model.
        repo: String,
    },
    /// No such branch, tag or commit.
    #[error("{repo} has no revision {revision:?}; check the name, or take \"main\"")]
    RevisionNotFound {
        /// The model.
        repo: String,
        /// What was asked for.
        revision: String,
    },
    /// A listed file is not there.
    #[error("{file} of {repo} is not on the server any more; plan the download anew")]
    FileNotFound {
        /// The model.
        repo: String,
        /// The file.
        file: String,
    },
    /// 429.
    #[error("the hub is asked too often (429); try again {}", wait(*.seconds))]
    TooManyRequests {
        /// Seconds the server asks to wait.
        seconds: Option<u64>,
    },
    /// Another status that is not an answer.
    #[error("{host} answers with the error {status}; try again later")]
    Server {
        /// Host name of the server.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// An answer that is not what the hub's protocol says.
    #[error("{host} does not answer as a model hub does: {what}; check HF_ENDPOINT")]
    BadAnswer {
        /// Host name of the server.
        host: String,
        /// What is wrong with it.
        what: String,
    },
    /// A name that leaves the folder it is put in.
    #[error(
        "{repo} lists a file {name:?}, a name that is not safe to write; nothing of it is fetched"
    )]
    UnsafeName {
        /// The model.
        repo: String,
        /// The name.
        name: String,
    },
    /// Weights only as pickles.
    #[error(
        "{repo} has its weights only as {file}, a pickle, which can run code when read and is \
         never fetched; look for a safetensors or GGUF version of the model"
    )]
    PicklesOnly {
        /// The model.
        repo: String,
        /// One of the pickles.
        file: String,
    },
    /// No weights at all.
    #[error("{repo} holds neither safetensors nor GGUF weights, so there is nothing to fetch")]
    NothingUsable {
        /// The model.
        repo: String,
    },
    /// Several sets of weights and none chosen.
    #[error("{repo} has its weights in several forms; choose one of {}", .variants.join(", "))]
    ChooseVariant {
        /// The model.
        repo: String,
        /// Names of the forms.
        variants: Vec<String>,
    },
    /// A form that is not there.
    #[error("{repo} has no weights {wanted:?}; choose one of {}", .variants.join(", "))]
    NoSuchVariant {
        /// The model.
        repo: String,
        /// What was asked for.
        wanted: String,
        /// Names of the forms there are.
        variants: Vec<String>,
    },
    /// A file that cannot be verified.
    #[error("the hub gives no checksum for {0}, so it could not be verified and is not fetched")]
    NoChecksum(String),
    /// The connection ended in mid-file.
    #[error(
        "the connection was cut while {file} was fetched; continue the download to go on at {got} \
         of {size} bytes"
    )]
    Cut {
        /// The file.
        file: String,
        /// Bytes kept.
        got: u64,
        /// Bytes in all.
        size: u64,
    },
    /// More or fewer bytes than the hub's listing says.
    #[error(
        "{file} should have {expected} bytes and the server sends {got}; it is not kept, try again"
    )]
    WrongSize {
        /// The file.
        file: String,
        /// Bytes by the listing.
        expected: u64,
        /// Bytes by the answer, or received when the transfer was stopped.
        got: u64,
    },
    /// Content that is not what the hub's listing says.
    #[error(
        "{0} was damaged on the way: its checksum is not the one the hub lists; it is not kept, \
         try again"
    )]
    WrongHash(String),
    /// Not enough space, found before the transfer or during it.
    #[error(
        "the disk of {} is too full: {needed} bytes are needed{}; free some, or set HF_HOME to a \
         folder on another disk", folder.display(),
        .free.map(|free| format!(" and {free} are free")).unwrap_or_default()
    )]
    DiskFull {
        /// The cache.
        folder: PathBuf,
        /// Bytes still to write.
        needed: u64,
        /// Bytes free, where known.
        free: Option<u64>,
    },
    /// A file of the cache could not be read or written.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The client could not be set up.
    #[error("the connection could not be set up: {0}")]
    Client(String),
    /// The work was asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl HubError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    /// Whether the same request may succeed a moment later. A hub that is asked too often is left
    /// alone.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Cut { .. } | Self::NoConnection { .. })
            || matches!(self, Self::Server { status, .. } if *status >= 500)
    }
}

fn wait(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "in a few minutes".to_owned(), |s| format!("in {s} seconds"))
}
