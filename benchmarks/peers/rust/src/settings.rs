//! The settings, from the environment.

use std::env;
use std::str::FromStr;
use std::thread::available_parallelism;

/// Without `TOKIO_WORKER_THREADS` there is a thread for each core that the process may use.
pub struct Settings {
    pub port: u16,
    pub database_url: String,
    pub token_secret: Vec<u8>,
    pub token_issuer: String,
    pub token_audience: String,
    pub token_kid: String,
    pub worker_threads: usize,
}

impl Settings {
    pub fn from_environment() -> Result<Self, String> {
        Ok(Self {
            port: number("PORT")?.ok_or("PORT is not set")?,
            database_url: text("DATABASE_URL")?,
            token_secret: bytes_of(&text("TOKEN_SECRET")?).ok_or("TOKEN_SECRET is not hexadecimal")?,
            token_issuer: text("TOKEN_ISSUER")?,
            token_audience: text("TOKEN_AUDIENCE")?,
            token_kid: text("TOKEN_KID")?,
            worker_threads: number("TOKIO_WORKER_THREADS")?.unwrap_or_else(cores),
        })
    }
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn text(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set"))
}

fn number<T: FromStr>(name: &str) -> Result<Option<T>, String> {
    match env::var(name) {
        Ok(value) => value.parse().map(Some).map_err(|_| format!("{name} is not a number")),
        Err(_) => Ok(None),
    }
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || digits.len() % 2 == 1 {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}
