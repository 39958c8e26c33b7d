//! The `Idempotency-Key` header: a request that is sent again with its key gets the first answer again.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use uuid::Uuid;

use super::placing::OrderRequest;
use crate::app::etag;
use crate::auth::Caller;
use crate::database::{Connection, Error};
use crate::extract::header_text;
use crate::problem::Problem;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const MAX_KEY: usize = 255;
const FIND: &str = "SELECT fingerprint, answer FROM idempotency_keys WHERE account_id = $1 AND key = $2";

/// The client's name for a request, and what tells the request from any other.
pub struct KeyedRequest {
    pub key: String,
    pub fingerprint: Vec<u8>,
}

/// The key as it was sent.
pub struct GivenKey(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for GivenKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if !parts.headers.contains_key(HEADER) {
            return Ok(Self(None));
        }
        let is_good = |key: &String| {
            (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|letter| letter.is_ascii_graphic())
        };
        let key = header_text(parts, &HEADER).filter(is_good);
        key.map(|key| Self(Some(key))).ok_or_else(invalid_key)
    }
}

fn invalid_key() -> Problem {
    Problem::invalid("idempotency-key", "must be 1 to 255 visible ASCII characters")
}

impl GivenKey {
    /// Spaces and the order of fields do not matter to the fingerprint.
    pub fn request(self, wanted: &OrderRequest) -> Option<KeyedRequest> {
        let key = self.0?;
        let mut text = b"POST /api/v1/orders\n".to_vec();
        serde_json::to_writer(&mut text, wanted).expect("texts and numbers are valid JSON");
        Some(KeyedRequest { key, fingerprint: Sha256::digest(&text).to_vec() })
    }
}

#[derive(Deserialize, Serialize)]
pub struct AnswerHeaders {
    #[serde(rename = "Location")]
    pub location: String,
    #[serde(rename = "ETag")]
    pub etag: String,
}

/// What a client gets for its order, now and when it asks again.
pub struct StoredAnswer {
    pub headers: AnswerHeaders,
    pub body: String,
}

impl StoredAnswer {
    pub fn new(order_id: Uuid, body: &str) -> Self {
        let headers = AnswerHeaders { location: format!("/api/v1/orders/{order_id}"), etag: etag(1) };
        Self { headers, body: body.to_owned() }
    }

    /// A line with the headers, as JSON, and the body.
    pub fn packed(&self) -> Vec<u8> {
        let mut packed = serde_json::to_vec(&self.headers).expect("texts are valid JSON");
        packed.push(b'\n');
        packed.extend_from_slice(self.body.as_bytes());
        packed
    }

    fn unpack(packed: &[u8]) -> Option<Self> {
        let (headers, body) = str::from_utf8(packed).ok()?.split_once('\n')?;
        Some(Self { headers: serde_json::from_str(headers).ok()?, body: body.to_owned() })
    }
}

pub async fn find(
    connection: &Connection,
    caller: &Caller,
    request: Option<&KeyedRequest>,
) -> Result<Option<Row>, Error> {
    match request {
        None => Ok(None),
        Some(request) => connection.row(FIND, &[&caller.account_id, &request.key]).await,
    }
}

pub async fn first_answer(
    connection: &Connection,
    caller: &Caller,
    request: Option<&KeyedRequest>,
) -> Result<StoredAnswer, Problem> {
    let row = find(connection, caller, request).await?;
    replay(&row.ok_or_else(Problem::unavailable)?, request)
}

pub fn replay(stored: &Row, request: Option<&KeyedRequest>) -> Result<StoredAnswer, Problem> {
    if request.is_none_or(|request| request.fingerprint != stored.get::<_, &[u8]>(0)) {
        let detail = "this idempotency key belongs to a different request";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    StoredAnswer::unpack(stored.get(1)).ok_or_else(Problem::unavailable)
}
