//! The tests of the program from outside: the real binary, over HTTP and on the command line, on both databases.

mod support;

mod cli;
mod conditional;
mod filters;
mod formats;
mod import;
mod record;
mod specification;
mod validation;
mod walk;
mod writes;
