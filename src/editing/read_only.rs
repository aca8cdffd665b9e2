//! Checks the read-only members of a body, so that an outdated copy of a record changes nothing.

use serde_json::Value as Json;

use super::load::Existing;
use crate::model::{Faults, Field, Moment, Pointer, RecordType};

/// Checks that read-only values in the body are the stored ones. Computed values are ignored, since
/// they change without the record.
pub(super) fn check_read_only(
    record_type: &'static RecordType,
    sent: &Json,
    existing: &Existing,
    faults: &mut Faults,
) {
    for field in
        record_type.all().iter().filter(|field| field.read_only && !field.kind.is_computed())
    {
        let (given, stored) = (&sent[field.name], &existing.json[field.name]);
        if let Some((code, message)) =
            difference(field, given, stored, existing.version.metadata.revision)
        {
            let hint = "read the record again, and apply your change to the current version";
            faults.at(&Pointer::Root.member(field.name), code, message, Some(hint.to_owned()));
        }
    }
}

/// Returns the reason if a read-only value is not the stored one. Values of a wrong type have a
/// fault already.
fn difference(
    field: &Field,
    given: &Json,
    stored: &Json,
    revision: i64,
) -> Option<(&'static str, String)> {
    let moment = |value: &Json| value.as_str().map(str::parse::<Moment>);
    let is_older = match (given.as_f64().zip(stored.as_f64()), moment(given).zip(moment(stored))) {
        (Some((given, stored)), _) if given == stored => return None,
        (Some((given, stored)), _) => given < stored,
        (_, Some((Ok(given), Ok(stored)))) if given == stored => return None,
        (_, Some((Ok(given), Ok(stored)))) => field.name == "updated_at" && given < stored,
        (_, Some(_)) => false,
        (None, None) => return None,
    };
    Some(if is_older {
        (
            "stale",
            format!("this record was changed at revision {revision}, after the version you sent"),
        )
    } else {
        (
            "read-only",
            format!("{given} is not the stored value ({stored}); `{}` is read-only", field.name),
        )
    })
}
