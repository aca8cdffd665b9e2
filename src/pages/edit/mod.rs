//! Record keeping in the browser: signing in, forms made from the declarations, previews.
//!
//! Forms work without scripts. They use the same write functions as the handlers of the API.

mod choices;
mod desk;
mod draft;
mod entry_fields;
mod fields;
mod form;
mod guard;
mod preview;
mod record;
mod record_action;
mod record_actions;
mod redactable;
mod reference_field;
mod release;
mod release_content;
mod release_pages;
mod routes;
mod saving;
mod shell;
mod sign_in;
mod source_pointers;
mod upload;

pub use routes::routes;
pub use shell::{actions, bar};
