//! The program `taskforce`.

/// Imports and groups of writes take much memory on one thread and give it back on another, which the system's allocator does slowly.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    taskforce::cli::run()
}
