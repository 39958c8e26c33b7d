//! One's own account.

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use crate::app::Shared;
use crate::auth::Caller;
use crate::database::Connection;
use crate::moment::Moment;
use crate::problem::Problem;

const READ: &str = "SELECT id, email, full_name, created_at FROM accounts WHERE id = $1";
const EXISTS: &str = "SELECT FROM accounts WHERE id = $1";

#[derive(Serialize)]
struct Account<'a> {
    id: Uuid,
    email: &'a str,
    full_name: &'a str,
    created_at: Moment,
}

pub async fn read_own(State(service): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let row = service.database.row(READ, &[&caller.account_id]).await?;
    let row = row.ok_or_else(Problem::account_gone)?;
    let account =
        Account { id: row.get(0), email: row.get(1), full_name: row.get(2), created_at: Moment(row.get(3)) };
    Ok(([(CACHE_CONTROL, "no-store")], Json(account)).into_response())
}

/// For a caller of whom nothing was found, since that alone does not show that there is no account.
pub async fn check_exists(connection: &Connection, caller: &Caller) -> Result<(), Problem> {
    let row = connection.row(EXISTS, &[&caller.account_id]).await?;
    row.map(|_| ()).ok_or_else(Problem::account_gone)
}
