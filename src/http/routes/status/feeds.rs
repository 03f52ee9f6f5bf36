//! `GET /api/v2/…`: Statuspage's documents, for the tools that can read them.

use axum::extract::State;
use axum::response::Response;

use super::told;
use crate::http::Error;
use crate::http::service::Shared;
use crate::status::Page;
use crate::status::dialects::Feed;
use crate::status::dialects::statuspage::Document;

/// A route for each document.
macro_rules! documents {
    ($($(#[$about:meta])* $name:ident, $path:literal, $operation:literal, $feed:ident;)*) => {$(
        $(#[$about])*
        #[utoipa::path(get, path = $path, tag = "Status", operation_id = $operation,
            responses((status = 200, description = "The document", body = Document)))]
        pub(in crate::http) async fn $name(State(running): State<Shared>) -> Result<Response, Error> {
            told(&running, &Page::Statuspage(Feed::$feed), "application/json")
        }
    )*};
}

documents! {
    /// Everything that is not over.
    summary, "/api/v2/summary.json", "statuspageSummary", Summary;
    /// The whole in a word.
    status, "/api/v2/status.json", "statuspageStatus", Status;
    /// The models.
    components, "/api/v2/components.json", "statuspageComponents", Components;
    /// The latest incidents.
    incidents, "/api/v2/incidents.json", "statuspageIncidents", Incidents;
    /// Incidents that are not over.
    unresolved, "/api/v2/incidents/unresolved.json", "statuspageUnresolved", Unresolved;
    /// The latest maintenances.
    maintenances, "/api/v2/scheduled-maintenances.json", "statuspageMaintenances", Maintenances;
    /// Maintenances that have not begun.
    upcoming, "/api/v2/scheduled-maintenances/upcoming.json", "statuspageUpcoming", Upcoming;
    /// Maintenances that are under way.
    active, "/api/v2/scheduled-maintenances/active.json", "statuspageActive", Active;
}
