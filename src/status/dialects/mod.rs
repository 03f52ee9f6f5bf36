//! The ways in which the status is told, a file each. All are pure functions of a [`Snapshot`](super::Snapshot), and
//! none of them names a machine or a caller.

pub mod atom;
pub mod badge;
pub mod html;
mod markup;
pub mod platform;
pub mod statuspage;

pub use markup::escaped;

/// The documents of Statuspage's API, version 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feed {
    /// Everything that is not over.
    Summary,
    /// The whole in a word.
    Status,
    /// The models.
    Components,
    /// The latest incidents.
    Incidents,
    /// Those that are not over.
    Unresolved,
    /// The latest maintenances.
    Maintenances,
    /// Those that have not begun.
    Upcoming,
    /// Those that are under way.
    Active,
}

impl Feed {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Summary,
        Self::Status,
        Self::Components,
        Self::Incidents,
        Self::Unresolved,
        Self::Maintenances,
        Self::Upcoming,
        Self::Active,
    ];
}
