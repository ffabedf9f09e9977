//! Answers, one for each connection.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Result, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use super::{Asked, COMMIT, ID, Served, State, git_sha1, sha256};

pub(crate) struct Place {
    pub(crate) is_cdn: bool,
    pub(crate) endpoint: String,
    pub(crate) elsewhere: String,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) log: Arc<Mutex<Vec<Asked>>>,
}

impl Place {
    pub(crate) fn answer(&self, mut stream: TcpStream) -> Result<()> {
        let Some(asked) = read(&stream, self.is_cdn)? else { return Ok(()) };
        self.log.lock().unwrap().push(asked.clone());
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        if self.is_cdn {
            let name = path.trim_start_matches("/content/").to_owned();
            return self.content(&mut stream, &asked, &name);
        }
        let api = format!("/api/models/{ID}/");
        let resolve = format!("/{ID}/resolve/{COMMIT}/");
        if let Some(rest) = path.strip_prefix(&api) {
            if self.state.lock().unwrap().moved {
                let to = format!("Location: {}{path}\r\n", self.elsewhere);
                return head(&mut stream, 307, &format!("{to}Content-Length: 0\r\n"));
            }
            let refuse = self.state.lock().unwrap().refuse;
            match (refuse, rest.split_once('/')) {
                (Some((status, code)), _) => error(&mut stream, status, code),
                (None, Some(("revision", "main" | COMMIT | "refs%2Fpr%2F1"))) => {
                    let gated = self.state.lock().unwrap().gated;
                    let gated = if gated { "\"manual\"" } else { "false" };
                    let body = format!(
                        r#"{{"id": "{ID}", "sha": "{COMMIT}", "gated": {gated}, "siblings": []}}"#
                    );
                    json(&mut stream, &body, "")
                }
                (None, Some(("tree", COMMIT))) => self.tree(&mut stream, query),
                _ => error(&mut stream, 404, "RevisionNotFound"),
            }
        } else if let Some(name) = path.strip_prefix(&resolve) {
            self.resolve(&mut stream, name)
        } else if let Some(name) = path.strip_prefix("/api/resolve-cache/") {
            self.content(&mut stream, &asked, name)
        } else {
            error(&mut stream, 404, "RepoNotFound")
        }
    }

    fn tree(&self, stream: &mut TcpStream, query: &str) -> Result<()> {
        let state = self.state.lock().unwrap();
        let from = query.split("cursor=").nth(1).map_or(0, |n| n.parse().unwrap());
        let page = if state.page == 0 { usize::MAX } else { state.page };
        let entry = |(name, file): (&String, &Served)| {
            let size = file.claimed.unwrap_or(file.content.len() as u64);
            let lfs = if file.large {
                let oid = sha256(&file.content);
                format!(r#", "lfs": {{"oid": "{oid}", "size": {size}, "pointerSize": 134}}"#)
            } else {
                String::new()
            };
            let oid = git_sha1(if file.large { b"pointer" } else { &file.content });
            let name = serde_json::to_string(name).unwrap();
            format!(r#"{{"type": "file", "oid": "{oid}", "size": {size}, "path": {name}{lfs}}}"#)
        };
        let mut entries: Vec<String> =
            state.files.iter().skip(from).take(page).map(entry).collect();
        if from == 0 {
            entries.push(r#"{"type": "directory", "oid": "00", "path": "onnx"}"#.to_owned());
        }
        let next = from.saturating_add(page);
        let link = if next < state.files.len() {
            let at = format!("{}/api/models/{ID}/tree/{COMMIT}", self.endpoint);
            format!("Link: <{at}?recursive=true&cursor={next}>; rel=\"next\"\r\n")
        } else {
            String::new()
        };
        drop(state);
        json(stream, &format!("[{}]", entries.join(", ")), &link)
    }

    /// The hub's own answer on a file: a redirect, to another server for large ones.
    fn resolve(&self, stream: &mut TcpStream, name: &str) -> Result<()> {
        let (file, refuse) = {
            let state = self.state.lock().unwrap();
            (state.files.get(name).cloned(), state.refuse_files)
        };
        let Some(file) = file else { return error(stream, 404, "EntryNotFound") };
        if let Some((status, code)) = refuse {
            return error(stream, status, code);
        }
        if file.circle {
            let to = format!("Location: /{ID}/resolve/{COMMIT}/{name}\r\n");
            return head(stream, 307, &format!("{to}Content-Length: 0\r\n"));
        }
        if !file.large {
            let to = format!("Location: /api/resolve-cache/{name}\r\n");
            return head(
                stream,
                307,
                &format!("{to}X-Repo-Commit: {COMMIT}\r\nContent-Length: 0\r\n"),
            );
        }
        let hash = if file.no_hash { "none".to_owned() } else { sha256(&file.content) };
        let size = file.claimed.unwrap_or(file.content.len() as u64);
        let linked = format!(
            "X-Repo-Commit: {COMMIT}\r\nX-Linked-Etag: \"{hash}\"\r\nX-Linked-Size: {size}\r\n"
        );
        let to = format!("Location: {}/content/{name}\r\n", self.elsewhere);
        head(stream, 302, &format!("{to}{linked}ETag: \"pointer\"\r\nContent-Length: 0\r\n"))
    }

    fn content(&self, stream: &mut TcpStream, asked: &Asked, name: &str) -> Result<()> {
        let (file, cut) = {
            let mut state = self.state.lock().unwrap();
            let Some(file) = state.files.get_mut(name) else { return head(stream, 404, "") };
            let once = file.cut_once.take();
            (file.clone(), once)
        };
        let body = file.sent.as_ref().unwrap_or(&file.content);
        let from: usize = asked
            .headers
            .get("range")
            .filter(|_| !file.no_ranges)
            .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())
            .unwrap_or(0);
        if from > 0 && from >= body.len() {
            return head(stream, 416, "Content-Length: 0\r\n");
        }
        let mut headers = "ETag: \"cdn\"\r\n".to_owned();
        if !file.no_length {
            headers += &format!("Content-Length: {}\r\n", body.len() - from);
        }
        if from > 0 {
            headers +=
                &format!("Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len());
        }
        head(stream, if from > 0 { 206 } else { 200 }, &headers)?;
        let end =
            [cut, file.cut_at, file.silent_at].into_iter().flatten().min().unwrap_or(body.len());
        for chunk in body[from.min(end)..end].chunks(20_000) {
            stream.write_all(chunk)?;
        }
        if file.silent_at.is_some() {
            stream.flush()?;
            // until the client goes away
            let mut byte = [0];
            let _ = std::io::Read::read(stream, &mut byte);
        }
        Ok(())
    }
}

fn read(stream: &TcpStream, cdn: bool) -> Result<Option<Asked>> {
    let mut lines = BufReader::new(stream).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((key, value)) = line.split_once(": ") else { break };
        headers.insert(key.to_lowercase(), value.to_owned());
    }
    Ok(Some(Asked { cdn, method: method.to_owned(), path: path.to_owned(), headers }))
}

fn head(stream: &mut TcpStream, status: u16, headers: &str) -> Result<()> {
    write!(stream, "HTTP/1.1 {status} Status\r\n{headers}Connection: close\r\n\r\n")
}

fn json(stream: &mut TcpStream, body: &str, headers: &str) -> Result<()> {
    let length = body.len();
    head(
        stream,
        200,
        &format!("{headers}Content-Type: application/json\r\nContent-Length: {length}\r\n"),
    )?;
    stream.write_all(body.as_bytes())
}

/// As the hub refuses; its words may echo anything.
fn error(stream: &mut TcpStream, status: u16, code: &str) -> Result<()> {
    let code = if code.is_empty() { String::new() } else { format!("X-Error-Code: {code}\r\n") };
    let echo = "X-Error-Message: Bearer hf_secret is not known\r\nRetry-After: 7\r\n";
    head(stream, status, &format!("{code}{echo}Content-Length: 0\r\n"))
}
