//! Connection URLs and messages of libpq, the client library of PostgreSQL.

use std::path::Path;

/// Ends connections to a server that stopped responding.
const TIMEOUTS: &str = "connect_timeout=5&tcp_user_timeout=10000&keepalives_idle=5&\
    keepalives_interval=2&keepalives_count=3";
/// The certificate authorities of Linux distributions, which the bundled OpenSSL does not find.
const SYSTEM_CERTIFICATES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Returns the URL with time limits, and with the file of the system's certificates for
/// `sslrootcert=system`.
pub(super) fn complete_url(url: &str) -> String {
    let mut url = url.to_owned();
    if !url.contains("connect_timeout") {
        let separator = if url.contains('?') { '&' } else { '?' };
        url = format!("{url}{separator}{TIMEOUTS}");
    }
    let file = SYSTEM_CERTIFICATES.iter().find(|file| Path::new(file).exists());
    match file {
        Some(file) if url.contains("sslrootcert=system") => {
            let url = url.replace("sslrootcert=system", &format!("sslrootcert={file}"));
            // As libpq does for the system's certificates.
            format!("{url}&sslmode=verify-full")
        }
        _ => url,
    }
}

/// Returns libpq's message for a failed connection in one line, with advice about TLS.
pub(super) fn explain(message: &str, has_tls: bool) -> String {
    // One line for each address of the host. libpq's own advice is indented or does not fit.
    let mut lines: Vec<&str> = message
        .lines()
        .filter(|line| !line.starts_with(['\t', ' ']) && !line.starts_with("Either provide"))
        .collect();
    lines.dedup();
    let advice = ADVICE.iter().find(|(part, _)| lines.iter().any(|line| line.contains(part)));
    let advice = match advice {
        Some((_, NEEDS_TLS)) if has_tls => None,
        other => other.map(|(_, advice)| *advice),
    };
    match advice {
        Some(advice) => format!("{}; {advice}", lines.join("; ")),
        None => lines.join("; "),
    }
}

const NEEDS_TLS: &str = "this program was built without TLS: use a release package, or build it \
    with `--features tls`";

/// Parts of messages, and advice for each.
const ADVICE: [(&str, &str); 6] = [
    ("SSL support is not compiled in", NEEDS_TLS),
    // From a server that accepts only TLS.
    ("no encryption", NEEDS_TLS),
    (
        "certificate verify failed",
        "the file in `sslrootcert` must contain the authority that signed the server's \
        certificate, and the certificate must not have expired",
    ),
    (
        "does not match host name",
        "use a host name that is in the server's certificate, or add this one to it",
    ),
    (
        "server does not support SSL",
        "turn on TLS in the server (`ssl = on`), or use `sslmode=disable` if the network between \
        the two is private",
    ),
    (
        "root certificate file",
        "name the file with your provider's certificate authority in `sslrootcert`, or use \
        `sslrootcert=system`",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_time_limits_to_a_url() {
        assert_eq!(complete_url("postgres://h/n"), format!("postgres://h/n?{TIMEOUTS}"));
        assert_eq!(
            complete_url("postgres://h/n?user=a"),
            format!("postgres://h/n?user=a&{TIMEOUTS}")
        );
        let own = "postgres://h/n?connect_timeout=60";
        assert_eq!(complete_url(own), own);
    }

    #[test]
    fn explains_messages_about_tls_in_one_line() {
        for (message, part) in [
            ("connection to server failed: SSL error: certificate verify failed\n", "authority"),
            ("server certificate for \"a\" does not match host name \"b\"\n", "host name that"),
            ("server does not support SSL, but SSL was required\n", "ssl = on"),
            (
                "root certificate file \"/root.crt\" does not exist\nEither provide the file, …",
                "sslrootcert=system",
            ),
        ] {
            let explained = explain(message, true);
            assert!(explained.contains(part) && !explained.contains('\n'), "{explained}");
        }
    }

    #[test]
    fn explains_that_the_program_has_no_tls() {
        let of_server = "no pg_hba.conf entry for host \"::1\", user \"a\", no encryption";
        assert!(explain(of_server, false).contains("--features tls"));
        assert_eq!(explain(of_server, true), of_server);
    }

    #[test]
    fn names_each_address_of_a_host_that_refused() {
        let advice = "\tIs the server running on that host and accepting TCP/IP connections?";
        let message = format!("::1: Connection refused\n{advice}\n127.0.0.1: refused\n{advice}\n");
        assert_eq!(explain(&message, true), "::1: Connection refused; 127.0.0.1: refused");
    }
}
