//! `/admin/v1/…`: accounts, their keys, the plans, who calls models that end, and notices of the status, for keys with the scope
//! admin. What is asked is checked by the
//! [`Registry`](crate::accounts::Registry), which the command line speaks to as well; here it is only put into JSON.
//! An account that is not there and a key that is another account's are the same 404.

pub(in crate::http) mod accounts;
mod body;
pub(in crate::http) mod calls;
pub(in crate::http) mod exports;
pub(in crate::http) mod keys;
mod names;
mod page;
pub(in crate::http) mod plans;
pub(in crate::http) mod status;
