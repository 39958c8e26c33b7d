//! The routes, and what their handlers share.

use std::error::Error;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde::Serialize;

use crate::auth::Tokens;
use crate::cursors::Cursors;
use crate::database::Database;
use crate::problem::{Problem, render_problems};
use crate::settings::Settings;
use crate::{accounts, birthdays, items, orders, people, search};

const BODY_LIMIT: usize = 1 << 20;

pub struct Service {
    pub database: Database,
    pub tokens: Tokens,
    pub cursors: Cursors,
}

pub type Shared = Arc<Service>;

impl Service {
    pub fn new(settings: &Settings) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            database: Database::new(&settings.database_url)?,
            tokens: Tokens::new(settings),
            cursors: Cursors::new(&settings.token_secret),
        })
    }
}

pub fn router(service: Service) -> Router {
    Router::new()
        .route("/hello/", get(people::nameless).put(people::nameless))
        .route("/hello/{username}", get(people::greet).put(people::save))
        .route("/api/v1/birthdays/today", get(birthdays::today))
        .route("/api/v1/birthdays/upcoming", get(birthdays::upcoming))
        .route("/api/v1/users/me", get(accounts::read_own))
        .route("/api/v1/items", get(items::list).post(items::create))
        .route("/api/v1/items/{id}", get(items::read))
        .route("/api/v1/search/items", get(search::items))
        .route("/api/v1/orders", get(orders::list).post(orders::create))
        .route("/api/v1/orders/{id}", get(orders::read))
        .route("/api/v1/health", get(health))
        .fallback(async || Problem::not_found("no such route"))
        .method_not_allowed_fallback(async || Problem::wrong_method())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(render_problems))
        .with_state(Arc::new(service))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

pub fn etag(version: i32) -> String {
    format!("\"{version}\"")
}
