//! The engine against the embedded S3.

mod transfer;
