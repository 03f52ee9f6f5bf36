//! One file for each format of the API.
