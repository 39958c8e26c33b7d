//! The Rust peer: axum on tokio-postgres, with the routes and the effects of Hello.

mod accounts;
mod app;
mod auth;
mod birthdays;
mod cursors;
mod database;
mod events;
mod extract;
mod items;
mod moment;
mod orders;
mod people;
mod problem;
mod search;
mod settings;

use std::io;
use std::net::Ipv4Addr;

use axum::serve::ListenerExt;
use mimalloc::MiMalloc;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::app::Service;
use crate::settings::Settings;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::from_environment()?;
    let service = Service::new(&settings)?;
    runtime(settings.worker_threads)?.block_on(serve(settings.port, service))?;
    Ok(())
}

/// A single thread needs no scheduler that hands tasks from one thread to another.
fn runtime(worker_threads: usize) -> io::Result<Runtime> {
    let mut builder = match worker_threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(worker_threads).enable_all().build()
}

async fn serve(port: u16, service: Service) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            eprintln!("no TCP_NODELAY: {error}");
        }
    });
    axum::serve(listener, app::router(service)).await
}
