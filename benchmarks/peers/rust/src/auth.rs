//! Who asks: the bearer of an access token.

use std::collections::HashMap;
use std::sync::RwLock;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::Shared;
use crate::problem::Problem;
use crate::settings::Settings;

const TOKEN_TYPE: &str = "at+jwt";
const LEEWAY_S: i64 = 5;
const MAX_VERIFIED: usize = 10_000;

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Admin,
}

#[derive(Clone, Copy, Deserialize)]
struct Claims {
    sub: Uuid,
    #[serde(rename = "role")]
    _role: Role,
    exp: i64,
    nbf: i64,
    iat: i64,
}

/// `verified` are the claims of tokens that have been verified already.
pub struct Tokens {
    key: DecodingKey,
    kid: String,
    validation: Validation,
    verified: RwLock<HashMap<String, Claims>>,
}

impl Tokens {
    /// The leeway is for `nbf` and `iat` only, so the times are checked here.
    pub fn new(settings: &Settings) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf", "sub"]);
        validation.set_issuer(&[&settings.token_issuer]);
        validation.set_audience(&[&settings.token_audience]);
        validation.validate_exp = false;
        let key = DecodingKey::from_secret(&settings.token_secret);
        let verified = RwLock::default();
        Self { key, kid: settings.token_kid.clone(), validation, verified }
    }

    fn read(&self, text: &str) -> Result<Caller, Problem> {
        let claims = self
            .known(text)
            .or_else(|| self.verify(text))
            .ok_or_else(|| Problem::unauthorized("the access token is not valid"))?;
        let now = Utc::now().timestamp();
        if claims.exp <= now {
            return Err(Problem::unauthorized("the access token has expired"));
        }
        if claims.nbf.max(claims.iat) > now + LEEWAY_S {
            return Err(Problem::unauthorized("the access token is not valid yet"));
        }
        Ok(Caller { account_id: claims.sub })
    }

    fn known(&self, text: &str) -> Option<Claims> {
        self.verified.read().expect("no holder panics").get(text).copied()
    }

    fn verify(&self, text: &str) -> Option<Claims> {
        let token = jsonwebtoken::decode::<Claims>(text, &self.key, &self.validation).ok()?;
        let is_ours =
            token.header.kid.as_deref() == Some(&self.kid) && token.header.typ.as_deref() == Some(TOKEN_TYPE);
        if !is_ours {
            return None;
        }
        let mut verified = self.verified.write().expect("no holder panics");
        if verified.len() >= MAX_VERIFIED {
            verified.clear();
        }
        verified.insert(text.to_owned(), token.claims);
        Some(token.claims)
    }
}

pub struct Caller {
    pub account_id: Uuid,
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        match bearer(parts) {
            None => Err(Problem::unauthorized("an access token is needed, as Authorization: Bearer")),
            Some(token) => service.tokens.read(token),
        }
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
