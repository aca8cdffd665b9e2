//! Requests that are no HTTP, are too large or do not arrive in time. The framework refuses them
//! before any layer of the app, with an answer without a body; this stream replaces that answer by
//! a problem with the default headers.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::HttpResponse;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use actix_web::web;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::app::App;
use super::default_headers::{self, random_id};
use super::problem::{MALFORMED_REQUEST, Problem};
use super::problem_response;

/// The longest head of an answer of the framework's own.
const LONGEST_HEAD: usize = 256;

/// A connection to a client.
pub struct Connected<S> {
    stream: S,
    app: web::Data<App>,
    /// The part of a replaced answer that is not sent yet.
    unsent: Vec<u8>,
}

impl<S> Connected<S> {
    /// Wraps a connection.
    pub fn new(stream: S, app: web::Data<App>) -> Self {
        Self { stream, app, unsent: Vec::new() }
    }

    /// The connection itself.
    pub fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncWrite + Unpin> Connected<S> {
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

impl<S: AsyncRead + Unpin> AsyncRead for Connected<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connected<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_unsent(context))?;
        let Some(refusal) = Refusal::find(buffer) else {
            return Pin::new(&mut self.stream).poll_write(context, buffer);
        };
        // It is the last answer on the connection; earlier ones may be in the same buffer.
        self.unsent.extend_from_slice(&buffer[..refusal.start]);
        let explained = refusal.explained(&self.app);
        self.unsent.extend_from_slice(&explained);
        if let Poll::Ready(Err(error)) = self.poll_unsent(context) {
            return Poll::Ready(Err(error));
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

/// An answer of the framework's own at the end of what is sent.
struct Refusal<'s> {
    start: usize,
    status: StatusCode,
    date: Option<&'s str>,
}

impl<'s> Refusal<'s> {
    /// Finds one. All other answers have more headers, and no record contains a carriage return.
    fn find(sent: &'s [u8]) -> Option<Self> {
        const VERSION: &[u8] = b"HTTP/1.";
        if !sent.ends_with(b"\r\n\r\n") {
            return None;
        }
        let from = sent.len().saturating_sub(LONGEST_HEAD);
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

    /// The problem, as bytes on the connection.
    fn explained(&self, app: &App) -> Vec<u8> {
        let problem = match self.status {
            StatusCode::BAD_REQUEST => {
                Problem::new(&MALFORMED_REQUEST, MALFORMED_REQUEST.explanation)
            }
            status => Problem::of_status(status),
        };
        let id = random_id();
        let request_id = id.to_str().unwrap_or_default();
        tracing::info!(
            request_id,
            status = self.status.as_u16(),
            "a request was refused before it was read"
        );
        let mut answer: HttpResponse =
            problem_response::render(&problem, request_id, |path| app.address(path));
        default_headers::add(answer.head_mut(), &id);
        let mut bytes = format!("HTTP/1.1 {}\r\nconnection: close\r\n", self.status).into_bytes();
        for (name, value) in answer.headers() {
            bytes.extend_from_slice(
                &[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat(),
            );
        }
        let date = self.date.map(|date| format!("date: {date}\r\n")).unwrap_or_default();
        let body = answer.into_body().try_into_bytes().unwrap_or_default();
        bytes.extend_from_slice(format!("{date}content-length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn finds_only_the_answers_of_the_framework() {
        let bare = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Sat, 28 Nov 2026 \
            06:18:54 GMT\r\n\r\n";
        assert_eq!(
            Refusal::find(bare.as_bytes()).map(|refusal| (refusal.start, refusal.status.as_u16())),
            Some((0, 400))
        );
        let after = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok{bare}");
        assert_eq!(
            Refusal::find(after.as_bytes()).map(|refusal| refusal.start),
            Some(after.len() - bare.len())
        );
        for other in [
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "5\r\nHTTP/1.1 400 Bad Request\r\n0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\nbody",
            "",
        ] {
            assert!(Refusal::find(other.as_bytes()).is_none(), "{other}");
        }
    }
}
