//! Errors as problem details (RFC 9457).

use std::borrow::Cow;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

type Text = Cow<'static, str>;

#[derive(Clone, Debug, Serialize)]
struct FieldError {
    field: Text,
    message: Text,
}

/// What a handler says of an error; `render_problems` knows the request it belongs to.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    detail: Text,
    errors: Option<Vec<FieldError>>,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<Text>) -> Self {
        Self { status, detail: detail.into(), errors: None }
    }

    pub fn invalid(field: impl Into<Text>, message: impl Into<Text>) -> Self {
        let (field, message) = (field.into(), message.into());
        let detail = format!("{field}: {message}");
        let errors = Some(vec![FieldError { field, message }]);
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    pub fn not_found(detail: impl Into<Text>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub fn unauthorized(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    pub fn account_gone() -> Self {
        Self::unauthorized("the account no longer exists")
    }

    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the database could not finish the work")
    }

    pub fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path takes other methods")
    }

    /// A fault of the database is 500 on `/hello`, and 503 elsewhere.
    fn of_path(self, path: &str) -> Self {
        if self.status == StatusCode::SERVICE_UNAVAILABLE && path.starts_with("/hello/") {
            return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on our side");
        }
        self
    }

    fn add_headers(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"))
            }
            _ => None,
        };
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Serialize)]
struct Details<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'a [FieldError]>,
}

pub async fn render_problems(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let given_id = request.headers().get("x-request-id").cloned();
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        None => response,
        Some(problem) => with_details(response, problem, &uri, given_id.as_ref()),
    }
}

/// Keep the other headers of the response, such as `Allow`.
fn with_details(response: Response, problem: Problem, uri: &Uri, given_id: Option<&HeaderValue>) -> Response {
    let problem = problem.of_path(uri.path());
    let new_id = Uuid::new_v4().to_string();
    let details = Details {
        r#type: "about:blank",
        title: problem.status.canonical_reason().unwrap_or_default(),
        status: problem.status.as_u16(),
        detail: &problem.detail,
        instance: uri.path(),
        request_id: given_id.and_then(well_formed).unwrap_or(&new_id),
        errors: problem.errors.as_deref(),
    };
    let body = serde_json::to_vec(&details).expect("texts and numbers are valid JSON");
    let (mut parts, _) = response.into_parts();
    parts.status = problem.status;
    parts.headers.remove(header::CONTENT_LENGTH);
    problem.add_headers(&mut parts.headers);
    Response::from_parts(parts, body.into())
}

fn well_formed(id: &HeaderValue) -> Option<&str> {
    let text = id.to_str().ok()?;
    let is_allowed = |letter: u8| letter.is_ascii_alphanumeric() || b"._-".contains(&letter);
    let is_good = (1..=128).contains(&text.len()) && text.bytes().all(is_allowed);
    is_good.then_some(text)
}
