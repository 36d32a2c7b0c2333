//! The API as commands use it: over HTTP with a key, or in this process (`--local`), where every rule is the same.

mod answer;
mod http;
mod local;
mod options;
mod path;
mod problem;

use bytes::Bytes;
use serde_json::Value;

pub(crate) use answer::Answer;
pub(crate) use barid_egress::Method;
pub(crate) use options::Options;
pub(crate) use path::Path;
pub(crate) use problem::{Problem, Refused};

use crate::config::Settings;

/// Objects of a list that are asked for at a time.
const PAGE: u16 = 500;

/// Why the API gave no answer at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unavailable {
    /// Nobody answers there.
    #[error(
        "the API at {url} does not answer ({reason}): is `barid serve` running there? give --url or BARID_URL, or --local to open the store here"
    )]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The store cannot be opened here.
    #[error("the store at {url} (store.url) does not answer: {reason}")]
    Store {
        /// Where it is, without its password.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// It answers that it cannot do this now.
    #[error("{0}")]
    NotNow(Problem),
}

/// The answer is none of this API.
#[derive(Debug, thiserror::Error)]
#[error("{url} answers with status {status}, and not as Barid's API: check --url and BARID_URL")]
pub(crate) struct Stranger {
    url: String,
    status: u16,
}

/// A way to the API.
pub(crate) enum Api {
    /// To a gateway that runs.
    Http(http::Http),
    /// Without one: the store is opened here.
    Local(Box<local::Local>),
}

impl Api {
    /// The way that the options say. Nothing is asked yet over HTTP; locally the store is opened.
    pub(crate) async fn open(options: &Options, settings: &Settings) -> anyhow::Result<Self> {
        if options.local {
            return Ok(Self::Local(Box::new(local::Local::open(settings).await?)));
        }
        Ok(Self::Http(http::Http::new(options, settings)?))
    }

    /// Does something, and expects that it is done: anything but a 2xx is an error, [`Refused`] or [`Unavailable`].
    pub(crate) async fn call(&self, method: Method, path: &Path, body: Option<&Value>) -> anyhow::Result<Answer> {
        self.send(method, path, body.map(written).transpose()?, None).await
    }

    /// The same with a body that is JSON already, which goes byte for byte.
    pub(crate) async fn call_with_text(&self, method: Method, path: &Path, body: Bytes) -> anyhow::Result<Answer> {
        self.send(method, path, Some(body), None).await
    }

    /// Puts a changed document in the place of the one that was `seen`, if nobody has changed that meanwhile.
    pub(crate) async fn replace(&self, path: &Path, document: &Value, seen: &Answer) -> anyhow::Result<Answer> {
        self.send(Method::Put, path, Some(written(document)?), seen.etag.as_deref()).await
    }

    async fn send(
        &self,
        method: Method,
        path: &Path,
        body: Option<Bytes>,
        if_match: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let answer = match self {
            Self::Http(way) => way.call(method, path, body, if_match).await?,
            Self::Local(way) => way.call(method, path, body, if_match).await?,
        };
        answer.expect_success()
    }

    /// Looks at something; `None` if it is not there.
    pub(crate) async fn find(&self, path: &Path) -> anyhow::Result<Option<Answer>> {
        match self.call(Method::Get, path, None).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.downcast_ref::<Refused>().is_some_and(|refused| refused.0.status == 404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Everything in a list, page by page.
    pub(crate) async fn list(&self, path: &Path) -> anyhow::Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = path.clone().with("limit", PAGE.to_string()).with_some("after", after.take());
            let mut answer = self.call(Method::Get, &page, None).await?;
            if let Value::Array(items) = answer.body["data"].take() {
                found.extend(items);
            }
            match answer.body["next"].take() {
                Value::String(next) => after = Some(next),
                _ => return Ok(found),
            }
        }
    }

    /// Ends connections, where there are any.
    pub(crate) async fn close(self) {
        if let Self::Local(local) = self {
            local.close().await;
        }
    }
}

fn written(body: &Value) -> serde_json::Result<Bytes> {
    serde_json::to_vec(body).map(Bytes::from)
}
