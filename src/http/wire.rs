//! Bodies in and out that are documented as one type and handled as another: parsing that names the
//! field to blame, and serialisation without a detour.

use std::marker::PhantomData;

use chrono::{DateTime, SecondsFormat, Utc};
use poem::http::StatusCode;
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions};
use serde::Serialize;

use super::body::{JSON_LIMIT, SteadyBody, json_fields};
use super::errors::as_poem;
use super::fields::Fields;
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Kind};

/// A JSON body documented as `T`, read field by field.
pub struct JsonFields<T>(pub Fields, PhantomData<fn() -> T>);

impl<'a, T: Type> ApiExtractor<'a> for JsonFields<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: "application/json; charset=utf-8",
                schema: T::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let fields = read_json(request, body).await.map_err(as_poem)?;
        Ok(Self(fields, PhantomData))
    }
}

/// The same where there need not be a body.
pub struct MaybeJsonFields<T>(pub Fields, PhantomData<fn() -> T>);

impl<'a, T: Type> ApiExtractor<'a> for MaybeJsonFields<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        JsonFields::<T>::request_meta().map(|meta| MetaRequest {
            required: false,
            ..meta
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        if request.content_type().is_none() {
            let mut body = steady(request, body).map_err(as_poem)?;
            let bytes = body.collect(JSON_LIMIT).await.map_err(as_poem)?;
            if bytes.is_empty() {
                return Ok(Self(Fields::default(), PhantomData));
            }
            return Err(as_poem(unsupported("application/json")));
        }
        let fields = read_json(request, body).await.map_err(as_poem)?;
        Ok(Self(fields, PhantomData))
    }
}

async fn read_json(request: &Request, body: &mut RequestBody) -> Result<Fields, Error> {
    if !is_json(request.content_type()) {
        return Err(unsupported("application/json"));
    }
    let mut body = steady(request, body)?;
    match body.collect(JSON_LIMIT).await {
        Ok(bytes) => json_fields(&bytes),
        Err(error) => {
            body.drain().await;
            Err(error)
        }
    }
}

/// A time of the staff's interfaces: RFC 3339, UTC.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The body with the limits on slowness.
pub fn steady(request: &Request, body: &mut RequestBody) -> Result<SteadyBody, Error> {
    let clock = request
        .data::<Clock>()
        .ok_or_else(|| Error::internal("no clock in the request"))?;
    let body = body
        .take()
        .map_err(|error| Error::internal(format_args!("the body was taken: {error}")))?;
    Ok(SteadyBody::new(body, clock.clone()))
}

pub fn is_json(content_type: Option<&str>) -> bool {
    let essence = content_type
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

pub fn unsupported(accepted: &'static str) -> Error {
    Error::new(Kind::UnsupportedMedia, "unsupported_content_type").with("accepted", accepted)
}

/// An answer documented as `T`, serialised from another value once.
pub struct Serialised<T>(Vec<u8>, PhantomData<fn() -> T>);

impl<T> Serialised<T> {
    /// # Errors
    /// Only where a value has no JSON form.
    pub fn from(value: &impl Serialize) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(value)
            .map_err(|error| Error::internal(format_args!("writing JSON: {error}")))?;
        Ok(Self(bytes, PhantomData))
    }
}

impl<T> IntoResponse for Serialised<T> {
    fn into_response(self) -> Response {
        Response::builder()
            .content_type("application/json; charset=utf-8")
            .body(self.0)
    }
}

impl<T: Type> ApiResponse for Serialised<T> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "Done.",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "application/json; charset=utf-8",
                    schema: T::schema_ref(),
                }],
                headers: Vec::new(),
            }],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// The same for an answer that says that something new is stored.
pub struct SerialisedNew<T>(Serialised<T>);

impl<T> SerialisedNew<T> {
    /// # Errors
    /// Only where a value has no JSON form.
    pub fn from(value: &impl Serialize) -> Result<Self, Error> {
        Serialised::from(value).map(Self)
    }
}

impl<T> IntoResponse for SerialisedNew<T> {
    fn into_response(self) -> Response {
        self.0.with_status(StatusCode::CREATED).into_response()
    }
}

impl<T: Type> ApiResponse for SerialisedNew<T> {
    fn meta() -> MetaResponses {
        let mut meta = Serialised::<T>::meta();
        for response in &mut meta.responses {
            response.status = Some(StatusCode::CREATED.as_u16());
        }
        meta
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
