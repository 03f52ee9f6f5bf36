//! `/admin/v1/…`, for keys with the scope `admin`.

pub(in crate::http) mod exports;
