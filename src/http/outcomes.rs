//! Answers that are no plain 200: something was made, something is gone.

use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON;

#[derive(ApiResponse)]
pub enum Created<T: ToJSON> {
    /// It is stored.
    #[oai(status = 201)]
    It(Json<T>),
}

#[derive(ApiResponse)]
pub enum Deleted {
    /// It is gone.
    #[oai(status = 204)]
    It,
}
