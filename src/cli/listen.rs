//! The listeners: socket options, the connection limit, graceful shutdown.

use std::future::ready;
use std::net::{Shutdown, SocketAddr, TcpListener};
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
use crate::api::export::ExportCache;
use crate::api::metrics::metrics;
use crate::server;
use crate::web::app::App;
use crate::web::client::{AddressHeader, Proxies};
use crate::web::connections::Connections;
use crate::web::fast_path::fast_path;
use crate::web::limits::Limits;
use crate::web::protocol_errors::ProblemStream;

/// The time within which the headers of a request must arrive.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// The time that requests in progress have to finish at shutdown.
const SHUTDOWN_TIMEOUT_SECONDS: u64 = 10;

/// The time within which a client must close a connection that the server has closed.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The time after which a client that receives nothing is disconnected.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The number of connections above the maximum that are accepted only to answer 503, and the time
/// for that. Each takes two file descriptors.
const EXTRA_CONNECTIONS: usize = 128;
const REJECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// File descriptors reserved for these, the database and other files.
const RESERVED_FILES: u64 = 128 + 2 * EXTRA_CONNECTIONS as u64;

#[derive(Args, Clone, Debug)]
pub(super) struct Listen {
    /// The address and port to listen on
    #[arg(long, env = "TASKFORCE_LISTEN", default_value = "127.0.0.1:8080")]
    pub(super) listen: String,
    /// The address and port of the /metrics endpoint [default: none]
    #[arg(long, env = "TASKFORCE_METRICS_LISTEN")]
    metrics_listen: Option<String>,
    /// Requests per second for each client, with bursts of four times as many (0 disables the
    /// limit)
    #[arg(long, env = "TASKFORCE_RATE_LIMIT", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    rate_limit: u32,
    /// Trusted proxies: comma-separated addresses or networks
    #[arg(long, env = "TASKFORCE_TRUSTED_PROXY", value_delimiter = ',',
        value_parser = parse_network)]
    trusted_proxy: Vec<IpNet>,
    /// The header with the client address that trusted proxies set
    #[arg(long, env = "TASKFORCE_TRUSTED_HEADER", value_enum, default_value_t)]
    trusted_header: AddressHeader,
    /// Maximum number of open connections
    #[arg(long, env = "TASKFORCE_MAX_CONNECTIONS", default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,
    /// Seconds between SIGTERM and closing the listener; meanwhile /health/ready returns 503
    #[arg(long, env = "TASKFORCE_SHUTDOWN_DELAY", default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(0..=3_600))]
    shutdown_delay: u64,
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse().map(|address: std::net::IpAddr| address.into()))
        .map_err(|_| "must be an address or a network".to_owned())
}

/// The sockets. They are bound first, so that a port in use fails immediately.
pub(super) struct Sockets {
    api: TcpListener,
    metrics: Option<TcpListener>,
}

impl Listen {
    pub(super) fn bind(&self) -> Result<Sockets, Failure> {
        let bind = |address: &String| {
            TcpListener::bind(address)
                .map_err(|error| Failure::Startup(format!("cannot listen on {address}: {error}")))
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

    /// Serves until a signal arrives.
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
        let max_connections = self.allowed_connections();
        let connections = Connections::new(max_connections);
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let shutdown_signal =
            shutdown_signal(app.clone(), Duration::from_secs(self.shutdown_delay));
        let builder = Server::build();
        let stopping = builder.graceful_shutdown_signal();
        let exports = web::Data::new(ExportCache::default());
        let service = move || {
            let (app, connections, stopping) = (app.clone(), connections.clone(), stopping.clone());
            let state = ActixApp::new()
                .app_data(app.clone())
                .app_data(feed.clone())
                .app_data(exports.clone());
            let (outer, routed) = (app.clone(), crate::wrapped!(state).configure(server::routes));
            let with_fast_path =
                apply_fn_factory(routed, move |request, routed| fast_path(&outer, request, routed));
            let requests = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .client_request_timeout(HEADER_TIMEOUT)
                .client_disconnect_timeout(DISCONNECT_TIMEOUT)
                .on_connect_ext(move |connected: &ProblemStream<TcpStream>, data| {
                    let connection = connections.open();
                    configure_socket(connected.stream(), connection.is_over_limit());
                    data.insert(connection);
                    data.insert(connected.requests());
                })
                .finish(map_config(with_fast_path, |()| AppConfig::default()));
            fn_service(move |stream: TcpStream| {
                let peer = stream.peer_addr().ok();
                let stream = ProblemStream::new(stream, app.clone(), HEADER_TIMEOUT);
                ready(Ok((stream, Protocol::Http1, peer)))
            })
            .and_then(requests)
        };
        let server = builder
            .workers(workers)
            .max_concurrent_connections((max_connections + EXTRA_CONNECTIONS).div_ceil(workers))
            .shutdown_timeout(SHUTDOWN_TIMEOUT_SECONDS)
            .shutdown_signal(shutdown_signal)
            .listen("taskforce", sockets.api, service)?
            .run();
        // Fails if no supervisor is present, which does not matter.
        let _ = sd_notify::notify(&[NotifyState::Ready]);
        server.await
    }

    /// Returns `--max-connections`, or fewer if the system limits open files.
    fn allowed_connections(&self) -> usize {
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1_024);
        let allowed = files
            .saturating_sub(RESERVED_FILES)
            .max(RESERVED_FILES)
            .min(u64::from(self.max_connections));
        if allowed < u64::from(self.max_connections) {
            tracing::info!(
                allowed,
                "the open file limit allows fewer connections than --max-connections"
            );
        }
        usize::try_from(allowed).unwrap_or(usize::MAX)
    }
}

impl Sockets {
    pub(super) fn address(&self) -> Result<SocketAddr, Failure> {
        self.api.local_addr().map_err(|error| Failure::Startup(error.to_string()))
    }
}

/// Sets timeouts for clients that have disconnected or receive nothing, and a short one for
/// connections above the maximum.
fn configure_socket(stream: &TcpStream, is_over_limit: bool) {
    let socket = SockRef::from(stream);
    // Not every system has these options.
    let _ = socket.set_tcp_user_timeout(Some(WRITE_TIMEOUT));
    let _ = socket.set_tcp_keepalive(
        &TcpKeepalive::new().with_time(2 * WRITE_TIMEOUT).with_interval(WRITE_TIMEOUT / 3),
    );
    if let Some(socket) = is_over_limit.then(|| socket.try_clone().ok()).flatten() {
        actix_web::rt::spawn(async move {
            tokio::time::sleep(REJECTION_TIMEOUT).await;
            let _ = socket.shutdown(Shutdown::Both);
        });
    }
}

/// Resolves when the server must stop. After SIGTERM, the server first reports that it is not
/// ready, so that load balancers stop sending requests. A second signal, or SIGINT, skips that
/// delay.
async fn shutdown_signal(app: web::Data<App>, delay: Duration) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("cannot listen for signals");
        return std::future::pending().await;
    };
    let mut next_signal = async |wait: Duration| {
        let first = std::future::poll_fn(|context| match terminate.poll_recv(context) {
            std::task::Poll::Ready(_) => std::task::Poll::Ready(SignalKind::terminate()),
            std::task::Poll::Pending => {
                interrupt.poll_recv(context).map(|_| SignalKind::interrupt())
            }
        });
        tokio::time::timeout(wait, first).await.ok()
    };
    let first = next_signal(Duration::MAX).await;
    app.shutting_down.send_replace(true);
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
    tracing::info!("stopping");
    if first == Some(SignalKind::terminate()) {
        next_signal(delay).await;
    }
}
