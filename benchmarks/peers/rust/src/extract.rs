//! What handlers take from a request, refused with problem details.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::problem::Problem;

const UUID_LENGTH: usize = 36;
const UUID_FORM: &str = "must be a UUID such as 0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f";
const DEFAULT_LIMIT: i64 = 20;

/// Of the forms that the parser takes, only the usual one has 36 characters.
pub fn parse_id(text: &str) -> Option<Uuid> {
    Some(text).filter(|text| text.len() == UUID_LENGTH)?.parse().ok()
}

pub fn canonical_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_id(&text).ok_or_else(|| D::Error::custom(UUID_FORM))
}

/// The id that ends a path.
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await.ok();
        let id = path.and_then(|Path(text)| parse_id(&text));
        id.map(Self).ok_or_else(|| Problem::invalid("id", UUID_FORM))
    }
}

/// A body of JSON.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Json::<T>::from_request(request, state).await;
        body.map(|Json(body)| Self(body)).map_err(|rejection| refusal(&rejection))
    }
}

fn refusal(rejection: &JsonRejection) -> Problem {
    match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, rejection.body_text()),
        _ => Problem::invalid("body", rejection.body_text()),
    }
}

/// The parameters of lists.
#[derive(Deserialize)]
pub struct ListQuery {
    skip: Option<i64>,
    limit: Option<i64>,
    days: Option<i64>,
    cursor: Option<String>,
    q: Option<String>,
}

impl ListQuery {
    pub fn skip(&self) -> Result<i64, Problem> {
        within("skip", self.skip.unwrap_or(0), 0, 1_000_000)
    }

    pub fn limit(&self) -> Result<i64, Problem> {
        within("limit", self.limit.unwrap_or(DEFAULT_LIMIT), 1, 100)
    }

    pub fn days(&self) -> Result<i64, Problem> {
        within("days", self.days.unwrap_or(7), 1, 366)
    }

    pub fn text(&self) -> Option<&str> {
        self.q.as_deref()
    }

    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }
}

fn within(field: &'static str, number: i64, least: i64, most: i64) -> Result<i64, Problem> {
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(Problem::invalid(field, format!("must be between {least} and {most}")))
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<Self>::from_request_parts(parts, state).await;
        query.map(|Query(query)| query).map_err(|error| Problem::invalid("query", error.body_text()))
    }
}

/// The value of a header, if it is there and is text.
pub fn header_text(parts: &Parts, name: &HeaderName) -> Option<String> {
    Some(parts.headers.get(name)?.to_str().ok()?.to_owned())
}
