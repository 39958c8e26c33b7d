//! PostgreSQL: a pool of connections, each with its prepared statements.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};

use crate::problem::Problem;

const POOL_SIZE: usize = 20;
const WAIT: Duration = Duration::from_secs(2);

pub type Parameter<'a> = &'a (dyn ToSql + Sync);

pub struct Database {
    pool: Pool,
}

impl Database {
    /// Connections are opened when they are needed.
    pub fn new(url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let config: Config = url.parse()?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, NoTls, recycling))
            .max_size(POOL_SIZE)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { pool })
    }

    pub async fn connection(&self) -> Result<Connection, Error> {
        Ok(Connection { client: self.pool.get().await? })
    }

    pub async fn rows(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        self.connection().await?.rows(sql, parameters).await
    }

    pub async fn row(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Option<Row>, Error> {
        self.connection().await?.row(sql, parameters).await
    }
}

/// One of the pool's connections, for several statements of a request.
pub struct Connection {
    client: Object,
}

impl Connection {
    pub async fn rows(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        let statement = self.client.prepare_cached(sql).await?;
        Ok(self.client.query(&statement, parameters).await?)
    }

    pub async fn row(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Option<Row>, Error> {
        let statement = self.client.prepare_cached(sql).await?;
        Ok(self.client.query_opt(&statement, parameters).await?)
    }
}

#[derive(Debug)]
pub enum Error {
    Pool(PoolError),
    Postgres(tokio_postgres::Error),
}

impl Error {
    pub fn is_duplicate(&self) -> bool {
        self.code() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Pool(_) => None,
            Self::Postgres(error) => error.code(),
        }
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        Self::Pool(error)
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl Display for Error {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(error) => write!(formatter, "no connection: {error}"),
            Self::Postgres(error) => write!(formatter, "{error}: {:?}", error.as_db_error()),
        }
    }
}

/// The only keys that a request can miss are those of accounts.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        if error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION) {
            return Self::account_gone();
        }
        eprintln!("request failed: {error}");
        Self::unavailable()
    }
}
