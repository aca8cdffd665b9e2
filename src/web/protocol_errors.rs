//! Requests that are not valid HTTP, are too large or do not arrive in time. The framework answers
//! them without a body before any middleware runs. This stream replaces that response with a
//! problem with the default headers.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use actix_web::web;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::app::App;
use super::default_headers::{self, random_id};
use super::head_deadline::{HeadDeadline, Requests};
use super::problem::{MALFORMED_REQUEST, Problem};
use super::problem_response;

/// The maximum length of such a response.
const MAX_HEAD_BYTES: usize = 256;

/// A connection that replaces bare error responses with problems.
pub struct ProblemStream<S> {
    stream: S,
    app: web::Data<App>,
    /// The part of the problem that is not sent yet.
    unsent: Vec<u8>,
    head_deadline: HeadDeadline,
}

impl<S> ProblemStream<S> {
    /// Wraps a connection on which the head of each request must arrive within this time.
    pub fn new(stream: S, app: web::Data<App>, head_timeout: Duration) -> Self {
        Self { stream, app, unsent: Vec::new(), head_deadline: HeadDeadline::new(head_timeout) }
    }

    /// Returns the request counts of this connection.
    pub fn requests(&self) -> Requests {
        self.head_deadline.requests().clone()
    }

    /// Returns the connection.
    pub fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncWrite + Unpin> ProblemStream<S> {
    fn poll_unsent(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, &self.unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ProblemStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.head_deadline.bytes_read();
        } else if read.is_pending() && self.head_deadline.has_passed(context) {
            let error = BareError { start: 0, status: StatusCode::REQUEST_TIMEOUT, date: None };
            let problem = error.to_problem(&self.app);
            self.unsent.extend_from_slice(&problem);
            // The end of the input ends the connection once the problem is sent.
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ProblemStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_unsent(context))?;
        self.head_deadline.bytes_written();
        let Some(error) = BareError::find(buffer) else {
            return Pin::new(&mut self.stream).poll_write(context, buffer);
        };
        // It is the last response on the connection. Earlier ones may be in the same buffer.
        self.unsent.extend_from_slice(&buffer[..error.start]);
        let problem = error.to_problem(&self.app);
        self.unsent.extend_from_slice(&problem);
        if let Poll::Ready(Err(failure)) = self.poll_unsent(context) {
            return Poll::Ready(Err(failure));
        }
        Poll::Ready(Ok(buffer.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// An error response of the framework at the end of a buffer.
struct BareError<'s> {
    start: usize,
    status: StatusCode,
    date: Option<&'s str>,
}

impl<'s> BareError<'s> {
    /// Finds an error response. All other responses have more headers, and records contain no
    /// carriage return.
    fn find(sent: &'s [u8]) -> Option<Self> {
        const VERSION: &[u8] = b"HTTP/1.";
        if !sent.ends_with(b"\r\n\r\n") {
            return None;
        }
        let from = sent.len().saturating_sub(MAX_HEAD_BYTES);
        let start =
            from + sent[from..].windows(VERSION.len()).rposition(|window| window == VERSION)?;
        let mut lines = std::str::from_utf8(&sent[start..]).ok()?.trim_end().split("\r\n");
        let status = StatusCode::from_bytes(lines.next()?.get(9..12)?.as_bytes()).ok()?;
        let mut date = None;
        for line in lines {
            match line.split_once(": ")? {
                ("content-length", "0") | ("connection", "close") => {}
                ("date", value) => date = Some(value),
                _ => return None,
            }
        }
        (status.is_client_error() || status.is_server_error()).then_some(Self {
            start,
            status,
            date,
        })
    }

    /// Renders the problem as an HTTP response.
    fn to_problem(&self, app: &App) -> Vec<u8> {
        let problem = match self.status {
            StatusCode::BAD_REQUEST => {
                Problem::new(&MALFORMED_REQUEST, MALFORMED_REQUEST.explanation)
            }
            status => Problem::of_status(status),
        };
        let id = random_id();
        let request_id = id.to_str().unwrap_or_default();
        tracing::info!(request_id, status = self.status.as_u16(), "refused an invalid request");
        let mut response: HttpResponse =
            problem_response::render(&problem, request_id, |path| app.address(path));
        default_headers::add(response.head_mut(), &id);
        let mut bytes = format!("HTTP/1.1 {}\r\nconnection: close\r\n", self.status).into_bytes();
        for (name, value) in response.headers() {
            bytes.extend_from_slice(
                &[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat(),
            );
        }
        let date = self.date.map(|date| format!("date: {date}\r\n")).unwrap_or_default();
        let body = response.into_body().try_into_bytes().unwrap_or_default();
        bytes.extend_from_slice(format!("{date}content-length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::BareError;

    #[test]
    fn finds_only_error_responses_of_the_framework() {
        let error = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Sat, 28 Nov 2026 \
            06:18:54 GMT\r\n\r\n";
        assert_eq!(
            BareError::find(error.as_bytes()).map(|error| (error.start, error.status.as_u16())),
            Some((0, 400))
        );
        let after = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok{error}");
        assert_eq!(
            BareError::find(after.as_bytes()).map(|error| error.start),
            Some(after.len() - error.len())
        );
        for other in [
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "5\r\nHTTP/1.1 400 Bad Request\r\n0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\nbody",
            "",
        ] {
            assert!(BareError::find(other.as_bytes()).is_none(), "{other}");
        }
    }
}
