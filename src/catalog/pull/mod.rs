//! Downloads one model: into a part file beside its place, which a broken download goes on with, then checked, then
//! renamed. A file under its final name is therefore always whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode};

use super::{Model, PullError, Store, sha256_of_file};
use crate::domain::innermost;

/// How often in a row a connection may bring nothing before we give up.
const FRUITLESS_TRIES: u32 = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest silence of a server in the middle of a file.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// A download that can be run.
pub struct Pull<'a> {
    client: Client,
    model: &'a Model,
    url: String,
    part: PathBuf,
    place: PathBuf,
    /// Doubled after each try that brought nothing.
    first_wait: Duration,
}

/// What a progress bar needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many bytes of the file are here now.
    At(u64),
    /// The connection broke; it will be tried again.
    Retrying,
    /// All bytes are here; their checksum is being computed.
    Checking,
}

/// How a try ended that did not fail for good.
enum Attempt {
    Complete,
    /// There was no connection at all.
    Unreachable(String),
    /// There was one, but it did not bring everything.
    Broken(String),
}

/// Whether models can be pulled from under this address: HTTP or HTTPS, with a host.
#[must_use]
pub fn is_base_url(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

impl<'a> Pull<'a> {
    /// Of a model into its place in `store`, from `<base_url>/<file>`.
    ///
    /// # Errors
    /// [`PullError::Client`] if there are no certificates to check the server with.
    pub fn new(model: &'a Model, store: &Store, base_url: &str) -> Result<Self, PullError> {
        let client = Client::builder()
            .user_agent(concat!("minuted/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build()
            .map_err(|error| PullError::Client(innermost(&error)))?;
        let url = format!("{}/{}", base_url.trim_end_matches('/'), model.file);
        let first_wait = Duration::from_millis(500);
        Ok(Self { client, model, url, part: store.part_path(model), place: store.path(model), first_wait })
    }

    /// Downloads what is missing, checks the whole, and moves it into place.
    ///
    /// # Errors
    /// See [`PullError`]. The part file survives unless its content is wrong.
    pub async fn run(&self, mut progress: impl FnMut(Progress)) -> Result<PathBuf, PullError> {
        let mut part = self.open_part()?;
        if length(&part, &self.part)? > self.model.bytes {
            self.empty(&part)?;
        }
        let (mut fruitless, mut connected) = (0, false);
        loop {
            let before = length(&part, &self.part)?;
            let why = match self.attempt(&mut part, &mut progress).await? {
                Attempt::Complete => break,
                Attempt::Unreachable(why) if !connected => return Err(self.gave_up(before, why)),
                Attempt::Unreachable(why) | Attempt::Broken(why) => why,
            };
            connected = true;
            let received = length(&part, &self.part)?;
            fruitless = if received > before { 0 } else { fruitless + 1 };
            if fruitless == FRUITLESS_TRIES {
                return Err(self.gave_up(received, why));
            }
            progress(Progress::Retrying);
            tokio::time::sleep(self.first_wait * 2_u32.pow(fruitless)).await;
        }
        progress(Progress::Checking);
        self.check().await?;
        self.move_into_place(&part)?;
        Ok(self.place.clone())
    }

    /// Opens the part file, which no other process may be writing.
    fn open_part(&self) -> Result<File, PullError> {
        let folder = self.part.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|error| PullError::disk(folder, error))?;
        let part = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.part)
            .map_err(|error| PullError::disk(&self.part, error))?;
        match part.try_lock() {
            Ok(()) => Ok(part),
            Err(TryLockError::WouldBlock) => Err(PullError::Busy { path: self.part.clone() }),
            Err(TryLockError::Error(error)) => Err(PullError::disk(&self.part, error)),
        }
    }

    /// One request, for the bytes that are not here yet.
    async fn attempt(&self, part: &mut File, progress: &mut impl FnMut(Progress)) -> Result<Attempt, PullError> {
        let have = length(part, &self.part)?;
        if have == self.model.bytes {
            return Ok(Attempt::Complete);
        }
        let response = match self.ask(have).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Ok(Attempt::Unreachable(innermost(&error))),
            Err(error) => return Ok(Attempt::Broken(innermost(&error))),
        };
        match response.status() {
            StatusCode::PARTIAL_CONTENT if first_byte(response.headers()) == Some(have) => {}
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                self.empty(part)?;
                return Ok(Attempt::Broken("it has another file than before".to_owned()));
            }
            // The whole file: the first request, a server that knows no ranges, or a file that has changed.
            status if status.is_success() => self.empty(part)?,
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Ok(Attempt::Broken(format!("it answered {status}")));
            }
            status => return Err(self.refused(have, status)),
        }
        self.remember_version(response.headers())?;
        self.receive(response, part, progress).await
    }

    async fn ask(&self, have: u64) -> reqwest::Result<Response> {
        let mut request = self.client.get(&self.url);
        if have > 0 {
            request = request.header(RANGE, format!("bytes={have}-"));
            if let Ok(etag) = fs::read_to_string(self.version_path()) {
                request = request.header(IF_RANGE, etag);
            }
        }
        request.send().await
    }

    async fn receive(
        &self,
        response: Response,
        part: &mut File,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Attempt, PullError> {
        let mut have = length(part, &self.part)?;
        progress(Progress::At(have));
        let mut body = response.bytes_stream();
        while let Some(chunk) = body.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => return Ok(Attempt::Broken(innermost(&error))),
            };
            have += chunk.len() as u64;
            if have > self.model.bytes {
                return Err(self.wrong(format!("it has more than {} bytes", self.model.bytes)));
            }
            part.write_all(&chunk).map_err(|error| PullError::disk(&self.part, error))?;
            progress(Progress::At(have));
        }
        if have == self.model.bytes { Ok(Attempt::Complete) } else { Ok(Attempt::Broken("it closed early".to_owned())) }
    }

    async fn check(&self) -> Result<(), PullError> {
        let Some(expected) = self.model.sha256 else { return Ok(()) };
        let part = self.part.clone();
        let found = tokio::task::spawn_blocking(move || sha256_of_file(&part)).await.map_err(io::Error::other);
        let found = found.and_then(|found| found).map_err(|error| PullError::disk(&self.part, error))?;
        if found == expected {
            Ok(())
        } else {
            Err(self.wrong(format!("its checksum is {found} instead of {expected}")))
        }
    }

    fn move_into_place(&self, part: &File) -> Result<(), PullError> {
        part.sync_all().map_err(|error| PullError::disk(&self.part, error))?;
        fs::rename(&self.part, &self.place).map_err(|error| PullError::disk(&self.place, error))?;
        let _ = fs::remove_file(self.version_path());
        Ok(())
    }

    /// The strong entity tag of the file that the part file holds the start of, kept for `If-Range` (RFC 9110,
    /// section 13.1.5).
    fn version_path(&self) -> PathBuf {
        self.part.with_extension("part.etag")
    }

    fn remember_version(&self, headers: &HeaderMap) -> Result<(), PullError> {
        let path = self.version_path();
        match headers.get(ETAG).and_then(|etag| etag.to_str().ok()).filter(|etag| etag.starts_with('"')) {
            Some(etag) => fs::write(&path, etag).map_err(|error| PullError::disk(&path, error)),
            None => match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PullError::disk(&path, error)),
                _ => Ok(()),
            },
        }
    }

    fn empty(&self, part: &File) -> Result<(), PullError> {
        part.set_len(0).map_err(|error| PullError::disk(&self.part, error))
    }

    /// Removes what came: going on with it would never lead to the right file.
    fn wrong(&self, why: String) -> PullError {
        let _ = fs::remove_file(&self.part);
        let _ = fs::remove_file(self.version_path());
        PullError::WrongFile { url: self.url.clone(), why }
    }

    /// Leaves nothing that looks like a download if there is none.
    fn refused(&self, have: u64, status: StatusCode) -> PullError {
        if have == 0 {
            let _ = fs::remove_file(&self.part);
        }
        PullError::Refused { url: self.url.clone(), status: status.to_string() }
    }

    fn gave_up(&self, received: u64, why: String) -> PullError {
        if received > 0 {
            return PullError::BrokenOff { received, expected: self.model.bytes, why };
        }
        let _ = fs::remove_file(&self.part);
        let host = reqwest::Url::parse(&self.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        PullError::Offline { host: host.unwrap_or_else(|| self.url.clone()), why }
    }
}

/// Where the bytes of a partial answer begin: `Content-Range: bytes 500-999/1000`.
fn first_byte(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    range.split('-').next()?.trim().parse().ok()
}

fn length(part: &File, path: &Path) -> Result<u64, PullError> {
    part.metadata().map(|found| found.len()).map_err(|error| PullError::disk(path, error))
}

#[cfg(test)]
mod tests;
