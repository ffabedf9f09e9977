//! Requests to the hub: redirects followed by hand, so that the token stays with the endpoint's
//! host, and every refusal made a sentence.

use std::time::Duration;

use hf_hub::{HFClient, HFError};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode, Url};

use crate::{HubError, HubSettings, RepoId, Token};

/// A server that says nothing for this long is taken for gone.
pub(super) const SILENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(15);
const MOST_REDIRECTS: usize = 10;

/// The clients for one model.
pub(super) struct Http {
    pub(super) hub: HFClient,
    pub(super) repo: RepoId,
    client: Client,
    endpoint: Url,
    token: Option<Token>,
}

impl Http {
    pub(super) fn new(settings: &HubSettings, repo: &RepoId) -> Result<Self, HubError> {
        let client = || {
            Client::builder()
                .user_agent(concat!("empathy-lens/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT)
                .read_timeout(SILENCE)
        };
        let failed = |e: reqwest::Error| HubError::Client(e.without_url().to_string());
        let mut builder = HFClient::builder()
            .client(client().build().map_err(failed)?)
            .cache_dir(&settings.cache)
            .retry_max_attempts(2);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.endpoint(endpoint);
        }
        // Without one hf-hub looks where `Environment` has looked, by the same rules.
        if let Some(token) = &settings.token {
            builder = builder.token(token.secret());
        }
        let bad = || HubError::BadEndpoint(settings.endpoint.clone().unwrap_or_default());
        let hub = builder.build().map_err(|_| bad())?;
        let endpoint = Url::parse(hub.endpoint()).map_err(|_| bad())?;
        let is_web = ["http", "https"].contains(&endpoint.scheme()) && endpoint.has_host();
        if !is_web {
            return Err(bad());
        }
        Ok(Self {
            hub,
            repo: repo.clone(),
            client: client().redirect(Policy::none()).build().map_err(failed)?,
            endpoint,
            token: settings.token.clone(),
        })
    }

    /// Address of a file at a commit.
    pub(super) fn file_url(&self, commit: &str, name: &str) -> Result<Url, HubError> {
        let mut url = self.endpoint.clone();
        url.path_segments_mut()
            .map_err(|()| HubError::BadEndpoint(self.endpoint.to_string()))?
            .pop_if_empty()
            .extend(self.repo.as_str().split('/'))
            .extend(["resolve", commit])
            .extend(name.split('/'));
        Ok(url)
    }

    /// The content of a file from byte `from` on, wherever the hub sends us for it.
    pub(super) async fn get(
        &self,
        commit: &str,
        name: &str,
        from: u64,
    ) -> Result<Response, HubError> {
        let mut url = self.file_url(commit, name)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(Method::GET, &url, from).await?;
            match redirect(&response, &url) {
                Some(next) => url = next,
                None if response.status() == StatusCode::RANGE_NOT_SATISFIABLE => {
                    return Ok(response);
                }
                None => return self.check(response, name),
            }
        }
        Err(bad_answer(&url, "it redirects in circles"))
    }

    /// What the hub itself says on a file: its answer, or its redirect to where the content lies.
    pub(super) async fn head(&self, commit: &str, name: &str) -> Result<HeaderMap, HubError> {
        let mut url = self.file_url(commit, name)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(Method::HEAD, &url, 0).await?;
            match redirect(&response, &url) {
                Some(next)
                    if self.is_endpoint(&next)
                        && !response.headers().contains_key("x-linked-etag") =>
                {
                    url = next;
                }
                Some(_) => return Ok(response.headers().clone()),
                None => return Ok(self.check(response, name)?.headers().clone()),
            }
        }
        Err(bad_answer(&url, "it redirects in circles"))
    }

    async fn send(&self, method: Method, url: &Url, from: u64) -> Result<Response, HubError> {
        // Sizes are those of the file itself.
        let mut request =
            self.client.request(method, url.clone()).header(ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        if let Some(token) = self.token.as_ref().filter(|_| self.is_endpoint(url)) {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.secret()));
            if let Ok(mut value) = value {
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
        }
        request.send().await.map_err(|e| no_connection(url, e))
    }

    fn is_endpoint(&self, url: &Url) -> bool {
        url.origin() == self.endpoint.origin()
    }

    fn check(&self, response: Response, name: &str) -> Result<Response, HubError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let header = |key: &str| Some(response.headers().get(key)?.to_str().ok()?.to_owned());
        let seconds = header("retry-after").and_then(|s| s.parse().ok());
        let what = Asked::File(name);
        let code = header("x-error-code");
        Err(self.refusal(status, code.as_deref(), seconds, what, response.url()))
    }

    /// What hf-hub reports, as one of our sentences. Its own hold addresses and the server's words.
    pub(super) fn error(&self, error: HFError, revision: &str) -> HubError {
        let (context, seconds) = match error {
            HFError::RateLimited { retry_after, context } => (Some(context), retry_after),
            HFError::Http { context }
            | HFError::AuthRequired { context }
            | HFError::Forbidden { context }
            | HFError::Conflict { context } => (Some(context), None),
            HFError::RepoNotFound { context, .. }
            | HFError::RevisionNotFound { context, .. }
            | HFError::EntryNotFound { context, .. } => (context, None),
            HFError::Request { source, .. } if source.is_decode() => {
                return bad_answer(&self.endpoint, "its list of files cannot be read");
            }
            HFError::Request { source, .. } => return no_connection(&self.endpoint, source),
            _ => (None, None),
        };
        let Some(context) = context else {
            return bad_answer(&self.endpoint, "its list of files cannot be read");
        };
        self.refusal(
            context.status,
            context.error_code.as_deref(),
            seconds.map(|s| s.as_secs()),
            Asked::Revision(revision),
            &self.endpoint,
        )
    }

    fn refusal(
        &self,
        status: StatusCode,
        code: Option<&str>,
        seconds: Option<u64>,
        asked: Asked<'_>,
        url: &Url,
    ) -> HubError {
        let repo = self.repo.to_string();
        let has_token = self.token.is_some();
        if !self.is_endpoint(url) {
            return HubError::Server { host: host(url), status: status.as_u16() };
        }
        match (status.as_u16(), code, asked) {
            (_, Some("GatedRepo"), _) => HubError::Gated { page: self.page(), repo, has_token },
            (_, Some("RepoNotFound"), _) => HubError::RepoNotFound { repo },
            (401, ..) => HubError::Unauthorised { repo, has_token },
            (403, ..) => HubError::Forbidden { repo },
            (404, Some("EntryNotFound"), Asked::File(name)) | (404, None, Asked::File(name)) => {
                HubError::FileNotFound { repo, file: name.to_owned() }
            }
            (404, Some("RevisionNotFound"), Asked::Revision(revision)) => {
                HubError::RevisionNotFound { repo, revision: revision.to_owned() }
            }
            (404, ..) => HubError::RepoNotFound { repo },
            (429, ..) => HubError::TooManyRequests { seconds },
            (status, ..) => HubError::Server { host: host(url), status },
        }
    }

    /// The model's page, for a person to open.
    fn page(&self) -> String {
        let mut url = self.endpoint.clone();
        // an address can hold a password, which is not for showing
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        format!("{}/{}", url.as_str().trim_end_matches('/'), self.repo)
    }

    pub(super) fn endpoint(&self) -> &Url {
        &self.endpoint
    }
}

/// What was asked for when the hub said no.
enum Asked<'a> {
    File(&'a str),
    Revision(&'a str),
}

fn redirect(response: &Response, url: &Url) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let next = url.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    ["http", "https"].contains(&next.scheme()).then_some(next)
}

/// The innermost cause says most: "connection refused", "certificate expired".
fn no_connection(url: &Url, error: reqwest::Error) -> HubError {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let reason = if error.is_timeout() { "no answer".to_owned() } else { cause.to_string() };
    HubError::NoConnection { host: host(url), reason }
}

pub(super) fn bad_answer(url: &Url, what: &str) -> HubError {
    HubError::BadAnswer { host: host(url), what: what.to_owned() }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
