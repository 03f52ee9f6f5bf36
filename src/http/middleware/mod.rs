//! What happens to every request, whatever its route: one file for each layer. The order stands in the router.

pub(super) mod door;
pub(super) mod hang_up;
pub(super) mod measure;
pub(super) mod panic;
pub(super) mod request_id;
pub(super) mod stop;
pub(super) mod trace;
