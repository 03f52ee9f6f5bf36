//! Why something failed that others have wrapped.

use std::error::Error;

/// The cause at the end of the chain, which says what happened (`Connection refused`, `dns error`) and names no URL.
#[must_use]
pub fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
