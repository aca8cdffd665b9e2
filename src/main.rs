//! The program `taskforce`.

fn main() -> std::process::ExitCode {
    taskforce::cli::run()
}
