//! The listeners: sockets that do not hang, as many connections as there may be, and an orderly
//! end.

use std::future::ready;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_server::Server;
use actix_service::{ServiceFactoryExt as _, apply_fn_factory, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::{App as ActixApp, HttpServer, web};
use clap::Args;
use ipnet::IpNet;
use sd_notify::NotifyState;
use socket2::{SockRef, TcpKeepalive};

use super::Failure;
use crate::api::event_stream::Feed;
use crate::api::export::Exports;
use crate::api::metrics::metrics;
use crate::server;
use crate::web::app::App;
use crate::web::client::{AddressHeader, Proxies};
use crate::web::connections::Connections;
use crate::web::front::front;
use crate::web::limits::Limits;
use crate::web::refused_requests::Connected;

/// How long the head of a request may take to arrive, and how long what is under way at the end may
/// take.
const HEAD: Duration = Duration::from_secs(30);
const LAST: u64 = 10;

/// How long a client may take to close a connection that the server has closed.
const LEAVING: Duration = Duration::from_secs(1);

/// How long a client may take nothing of an answer that waits for it.
const STALLED: Duration = Duration::from_secs(30);

/// As many connections above those that may be open are taken at once, to be told that there are
/// too many; how long each may stay to hear it. For that time it is two files.
const SURPLUS: usize = 128;
const HEARING: Duration = Duration::from_secs(1);

/// Files that are kept for that, for the database and the rest, when sockets are many.
const OTHER_FILES: u64 = 128 + 2 * SURPLUS as u64;

#[derive(Args, Clone, Debug)]
pub(super) struct Listen {
    /// The address and port to listen on
    #[arg(long, env = "TASKFORCE_LISTEN", default_value = "127.0.0.1:8080")]
    pub(super) listen: String,
    /// The address and port at which /metrics is read; nowhere, where none is given
    #[arg(long, env = "TASKFORCE_METRICS_LISTEN")]
    metrics_listen: Option<String>,
    /// Requests that a client may send each second, with bursts of four times as many; 0 for no
    /// limit
    #[arg(long, env = "TASKFORCE_RATE_LIMIT", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    rate_limit: u32,
    /// Proxies that are believed when they tell whom they speak for: addresses or networks,
    /// separated by commas
    #[arg(long, env = "TASKFORCE_TRUSTED_PROXY", value_delimiter = ',', value_parser = network)]
    trusted_proxy: Vec<IpNet>,
    /// The header in which these proxies tell it
    #[arg(long, env = "TASKFORCE_TRUSTED_HEADER", value_enum, default_value_t)]
    trusted_header: AddressHeader,
    /// Connections that may be open at once
    #[arg(long, env = "TASKFORCE_MAX_CONNECTIONS", default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,
    /// Seconds between SIGTERM and the closing of the listener, in which /health/ready says 503 and
    /// all else is answered
    #[arg(long, env = "TASKFORCE_SHUTDOWN_DELAY", default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(0..=3_600))]
    shutdown_delay: u64,
}

/// An address or a network.
fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse().map(|address: std::net::IpAddr| address.into()))
        .map_err(|_| "is neither an address nor a network".to_owned())
}

/// The sockets, taken before anything else is done, so that a taken port is told at once.
pub(super) struct Sockets {
    api: TcpListener,
    metrics: Option<TcpListener>,
}

impl Listen {
    pub(super) fn bind(&self) -> Result<Sockets, Failure> {
        let bind = |address: &String| {
            TcpListener::bind(address)
                .map_err(|error| Failure::Begin(format!("cannot listen on {address}: {error}")))
        };
        Ok(Sockets {
            api: bind(&self.listen)?,
            metrics: self.metrics_listen.as_ref().map(bind).transpose()?,
        })
    }

    pub(super) fn limits(&self) -> Limits {
        Limits::new(
            self.rate_limit,
            Proxies { trusted: self.trusted_proxy.clone(), header: self.trusted_header },
        )
    }

    /// Serves until a signal comes.
    pub(super) async fn serve(
        &self,
        sockets: Sockets,
        app: web::Data<App>,
        feed: web::Data<Feed>,
    ) -> std::io::Result<()> {
        if let Some(listener) = sockets.metrics {
            let app = app.clone();
            let server = HttpServer::new(move || {
                ActixApp::new().app_data(app.clone()).route("/metrics", web::get().to(metrics))
            });
            actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener)?.run());
        }
        let most = self.connections();
        let connections = Connections::new(most);
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let signalled = signalled(app.clone(), Duration::from_secs(self.shutdown_delay));
        let builder = Server::build();
        let stopping = builder.graceful_shutdown_signal();
        let exports = web::Data::new(Exports::default());
        let served = move || {
            let (app, connections, stopping) =
                (app.clone(), Arc::clone(&connections), stopping.clone());
            let state = ActixApp::new()
                .app_data(app.clone())
                .app_data(feed.clone())
                .app_data(exports.clone());
            let (outer, routed) = (app.clone(), crate::wrapped!(state).configure(server::routes));
            let fronted =
                apply_fn_factory(routed, move |request, routed| front(&outer, request, routed));
            let requests = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .client_request_timeout(HEAD)
                .client_disconnect_timeout(LEAVING)
                .on_connect_ext(move |connected: &Connected<TcpStream>, data| {
                    let connection = connections.open();
                    prepare(connected.stream(), connection.is_surplus());
                    data.insert(connection);
                })
                .finish(map_config(fronted, |()| AppConfig::default()));
            fn_service(move |stream: TcpStream| {
                let peer = stream.peer_addr().ok();
                ready(Ok((Connected::new(stream, app.clone()), Protocol::Http1, peer)))
            })
            .and_then(requests)
        };
        let server = builder
            .workers(workers)
            .max_concurrent_connections((most + SURPLUS).div_ceil(workers))
            .shutdown_timeout(LAST)
            .shutdown_signal(signalled)
            .listen("taskforce", sockets.api, served)?
            .run();
        // Without a supervisor there is nobody to tell.
        let _ = sd_notify::notify(&[NotifyState::Ready]);
        server.await
    }

    /// As many connections as were asked for, if the system allows so many files.
    fn connections(&self) -> usize {
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1_024);
        let allowed =
            files.saturating_sub(OTHER_FILES).max(OTHER_FILES).min(u64::from(self.max_connections));
        if allowed < u64::from(self.max_connections) {
            tracing::info!(
                allowed,
                "the limit of open files allows fewer connections than --max-connections"
            );
        }
        usize::try_from(allowed).unwrap_or(usize::MAX)
    }
}

impl Sockets {
    pub(super) fn address(&self) -> Result<SocketAddr, Failure> {
        self.api.local_addr().map_err(|error| Failure::Begin(error.to_string()))
    }
}

/// Ends a connection whose client is gone, or takes nothing of what is sent; and soon, where all
/// places were taken.
fn prepare(stream: &TcpStream, is_surplus: bool) {
    let socket = SockRef::from(stream);
    // Where the system knows neither, there is nothing to be done about it.
    let _ = socket.set_tcp_user_timeout(Some(STALLED));
    let _ = socket
        .set_tcp_keepalive(&TcpKeepalive::new().with_time(2 * STALLED).with_interval(STALLED / 3));
    if let Some(socket) = is_surplus.then(|| socket.try_clone().ok()).flatten() {
        actix_web::rt::spawn(async move {
            tokio::time::sleep(HEARING).await;
            let _ = socket.shutdown(Shutdown::Both);
        });
    }
}

/// Resolves when the server is to stop. After SIGTERM it is first no longer ready, so that a
/// balancer sends nobody here any more; a second signal, or an interrupt from the terminal, ends
/// that delay.
async fn signalled(app: web::Data<App>, delay: Duration) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be listened for");
        return std::future::pending().await;
    };
    let mut either = async |wait: Duration| {
        let first = std::future::poll_fn(|context| match terminate.poll_recv(context) {
            std::task::Poll::Ready(_) => std::task::Poll::Ready(SignalKind::terminate()),
            std::task::Poll::Pending => {
                interrupt.poll_recv(context).map(|_| SignalKind::interrupt())
            }
        });
        tokio::time::timeout(wait, first).await.ok()
    };
    let first = either(Duration::MAX).await;
    app.leaving.send_replace(true);
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
    tracing::info!("stopping");
    if first == Some(SignalKind::terminate()) {
        either(delay).await;
    }
}
