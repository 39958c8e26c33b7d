//! `/hello`: remember people and greet them.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::app::Shared;
use crate::birthdays::rules::{days_until_birthday, month_days_celebrated};
use crate::extract::Body;
use crate::moment::{days_somewhere, today};
use crate::problem::Problem;

const MAX_NAME: usize = 100;
const READ: &str = "SELECT date_of_birth FROM people WHERE username = $1";
/// The event gets its id once the person is locked, and a stamp of the lists is replaced if one of them changes.
const SAVE: &str = "
    WITH saved AS (
        INSERT INTO people (username, date_of_birth) VALUES ($1, $2)
        ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
        RETURNING new.month_day = ANY($3::smallint[]) OR old.month_day = ANY($3::smallint[]) AS is_affected
    ), event AS (
        INSERT INTO outbox (shard, event_id, type, subject, time, data)
        SELECT 16, '', 'person.saved', '', now(), jsonb_build_object($1::text, $2::date) FROM saved
    )
    UPDATE birthday_list_stamps SET stamp = (random() * 9007199254740992)::bigint
    WHERE shard = pg_backend_pid() % 64 AND (SELECT is_affected FROM saved)
";

#[derive(Deserialize)]
pub struct PersonRequest {
    #[serde(rename = "dateOfBirth")]
    date_of_birth: String,
}

#[derive(Serialize)]
pub struct Greeting {
    message: String,
}

/// The name that ends a path.
pub struct Username(String);

impl<S: Send + Sync> FromRequestParts<S> for Username {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await.ok();
        let name = path.map(|Path(text)| text).filter(|text| is_name(text));
        name.map(Self).ok_or_else(invalid_name)
    }
}

pub async fn nameless() -> Problem {
    invalid_name()
}

pub async fn greet(
    State(service): State<Shared>,
    Username(username): Username,
) -> Result<Json<Greeting>, Problem> {
    let row = service.database.row(READ, &[&username]).await?;
    let row = row.ok_or_else(|| Problem::not_found(format!("no user named {username}")))?;
    Ok(Json(Greeting { message: message(&username, row.get(0), today()) }))
}

pub async fn save(
    State(service): State<Shared>,
    Username(username): Username,
    Body(person): Body<PersonRequest>,
) -> Result<StatusCode, Problem> {
    let born = parse_born(&person.date_of_birth, today())?;
    let affected: Vec<i16> = days_somewhere().into_iter().flat_map(month_days_celebrated).collect();
    service.database.row(SAVE, &[&username, &born, &affected]).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_alphabetic())
}

fn invalid_name() -> Problem {
    Problem::invalid("username", "must be 1 to 100 letters from A to Z, capital or small")
}

fn parse_born(text: &str, today: NaiveDate) -> Result<NaiveDate, Problem> {
    let invalid = |message: String| Problem::invalid("dateOfBirth", message);
    if !is_date(text.as_bytes()) {
        return Err(invalid("must be a date written YYYY-MM-DD".into()));
    }
    let born = text.parse::<NaiveDate>().ok().filter(|born| born.year() > 0);
    let born = born.ok_or_else(|| invalid("must be an existing day".into()))?;
    if born >= today {
        return Err(invalid(format!("must be before today, {today}")));
    }
    Ok(born)
}

fn is_date(text: &[u8]) -> bool {
    let is_expected = |(at, letter): (usize, &u8)| match at {
        4 | 7 => *letter == b'-',
        _ => letter.is_ascii_digit(),
    };
    text.len() == 10 && text.iter().enumerate().all(is_expected)
}

fn message(username: &str, born: NaiveDate, today: NaiveDate) -> String {
    match days_until_birthday(born, today) {
        0 => format!("Hello, {username}! Happy birthday!"),
        days => format!("Hello, {username}! Your birthday is in {days} day(s)"),
    }
}
