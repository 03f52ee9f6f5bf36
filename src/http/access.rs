//! Who may come to which route. A route without a line here is not served: the router refuses to be built.

use axum::http::Method;

use crate::accounts::Scope;

/// What a route asks of those who come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing: it costs next to nothing and tells nothing of anybody.
    Free,
    /// Any key that works.
    Key,
    /// A key with this scope.
    Needs(Scope),
    /// A key with this scope; what is done is charged.
    Metered(Scope),
}

use Access::{Free, Key, Metered, Needs};

/// A method, a path as it is registered, and what it asks.
type Line = (Method, &'static str, Access);

/// All routes.
#[rustfmt::skip]
const LINES: &[Line] = &[
    (Method::POST,   "/v1/audio/transcriptions", Metered(Scope::Transcribe)),
    (Method::POST,   "/v1/audio/translations",   Metered(Scope::Translate)),
    (Method::POST,   "/v1/chat/completions",     Metered(Scope::Chat)),
    (Method::POST,   "/v1/completions",          Metered(Scope::Chat)),
    (Method::POST,   "/v1/responses",            Metered(Scope::Chat)),
    (Method::POST,   "/v1/embeddings",           Metered(Scope::Embeddings)),
    (Method::POST,   "/v1/rerank",               Metered(Scope::Embeddings)),
    (Method::POST,   "/v2/rerank",               Metered(Scope::Embeddings)),
    (Method::POST,   "/v1/moderations",          Metered(Scope::Chat)),
    (Method::POST,   "/v1/images/generations",   Metered(Scope::Chat)),
    (Method::POST,   "/v1/audio/speech",         Metered(Scope::Chat)),
    (Method::GET,    "/v1/models",               Key),
    (Method::GET,    "/v1/models/{*id}",         Key),

    (Method::GET,    "/v1/organization/usage/audio_transcriptions", Needs(Scope::Usage)),
    (Method::GET,    "/v1/organization/usage/completions",          Needs(Scope::Usage)),
    (Method::GET,    "/v1/organization/usage/embeddings",           Needs(Scope::Usage)),
    (Method::GET,    "/v1/organization/costs",                      Needs(Scope::Usage)),

    (Method::GET,    "/admin/v1/exports",                             Needs(Scope::Admin)),
    (Method::GET,    "/admin/v1/plans",                               Needs(Scope::Admin)),
    (Method::GET,    "/admin/v1/accounts",                            Needs(Scope::Admin)),
    (Method::POST,   "/admin/v1/accounts",                            Needs(Scope::Admin)),
    (Method::GET,    "/admin/v1/accounts/{account}",                  Needs(Scope::Admin)),
    (Method::POST,   "/admin/v1/accounts/{account}",                  Needs(Scope::Admin)),
    (Method::GET,    "/admin/v1/accounts/{account}/keys",             Needs(Scope::Admin)),
    (Method::POST,   "/admin/v1/accounts/{account}/keys",             Needs(Scope::Admin)),
    (Method::DELETE, "/admin/v1/accounts/{account}/keys/{key}",        Needs(Scope::Admin)),
    (Method::POST,   "/admin/v1/accounts/{account}/keys/{key}/rotate", Needs(Scope::Admin)),

    (Method::GET,    "/admin/v1/deprecated-calls",                    Needs(Scope::Admin)),
    (Method::GET,    "/admin/v1/status/notices",                      Needs(Scope::Admin)),
    (Method::POST,   "/admin/v1/status/incidents",                    Needs(Scope::Admin)),
    (Method::POST,   "/admin/v1/status/maintenances",                 Needs(Scope::Admin)),
    (Method::POST,   "/admin/v1/status/notices/{notice}/updates",     Needs(Scope::Admin)),

    (Method::GET,    "/status",                                       Free),
    (Method::GET,    "/status/feed.atom",                             Free),
    (Method::GET,    "/badge/{*id}",                                  Free),
    (Method::GET,    "/api/platform-status",                          Free),
    (Method::GET,    "/api/v2/summary.json",                          Free),
    (Method::GET,    "/api/v2/status.json",                           Free),
    (Method::GET,    "/api/v2/components.json",                       Free),
    (Method::GET,    "/api/v2/incidents.json",                        Free),
    (Method::GET,    "/api/v2/incidents/unresolved.json",             Free),
    (Method::GET,    "/api/v2/scheduled-maintenances.json",           Free),
    (Method::GET,    "/api/v2/scheduled-maintenances/upcoming.json",  Free),
    (Method::GET,    "/api/v2/scheduled-maintenances/active.json",    Free),

    (Method::GET,    METRICS,         Needs(Scope::Admin)),
    (Method::GET,    "/healthz",      Free),
    (Method::GET,    "/readyz",       Free),
    (Method::GET,    "/openapi.json", Free),
    (Method::GET,    "/catalog",      Free),
    (Method::GET,    "/docs",         Free),
    (Method::GET,    "/docs/",        Free),
    (Method::GET,    "/",             Free),
];

/// The route that a setting makes free: scrapers are often not given keys.
pub(super) const METRICS: &str = "/metrics";

/// What the route asks; `None` if there is none for this method.
pub(super) fn of(method: &Method, path: &str) -> Option<Access> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    LINES.iter().find(|(known, route, _)| known == method && *route == path).map(|(_, _, access)| *access)
}

impl Access {
    /// The scope that a key must have.
    pub(super) fn scope(self) -> Option<Scope> {
        match self {
            Self::Free | Self::Key => None,
            Self::Needs(scope) | Self::Metered(scope) => Some(scope),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::router;

    #[test]
    fn every_route_has_a_line_and_every_line_a_route() {
        let routes: BTreeSet<_> =
            router::registered().into_iter().map(|(method, path)| (method.to_string(), path)).collect();
        let lines: BTreeSet<_> =
            LINES.iter().map(|(method, path, _)| (method.to_string(), (*path).to_owned())).collect();
        assert_eq!(lines.len(), LINES.len(), "a route has one line");
        assert_eq!(lines, routes);
    }

    #[test]
    fn whatever_computes_is_metered_and_all_of_admin_needs_its_scope() {
        for (method, path, access) in LINES {
            let computes = *method == Method::POST && !path.starts_with("/admin/");
            assert_eq!(matches!(access, Metered(_)), computes, "{path}");
            assert_eq!(*access == Needs(Scope::Admin), path.starts_with("/admin/") || *path == METRICS, "{path}");
        }
        assert_eq!(of(&Method::HEAD, "/v1/models"), Some(Key), "HEAD is GET");
        assert_eq!(of(&Method::DELETE, "/v1/models"), None);
    }
}
