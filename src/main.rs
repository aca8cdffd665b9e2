//! The program `taskforce`.

// Records are many small texts, made and dropped again by the thousand.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    taskforce::cli::run()
}
