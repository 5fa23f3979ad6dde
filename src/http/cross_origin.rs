//! Pages of other origins: those that may call get their CORS headers. For all others nothing changes:
//! browsers name an origin in requests to a page's own server too, and apps may name any.

use std::sync::Arc;

use poem::http::Method;
use poem::http::header;
use poem::middleware::{Cors, CorsEndpoint};
use poem::{Endpoint, EndpointExt, Request, Response};

pub struct CrossOrigin<E> {
    plain: Arc<E>,
    shared: CorsEndpoint<Arc<E>>,
    origins: Vec<String>,
}

impl<E: Endpoint<Output = Response>> CrossOrigin<E> {
    pub fn around(inner: E, origins: Vec<String>) -> Self {
        let plain = Arc::new(inner);
        let cors = Cors::new()
            .allow_methods([Method::GET, Method::HEAD, Method::POST])
            .allow_headers([
                "authorization",
                "content-type",
                "idempotency-key",
                "accept-language",
            ])
            .expose_headers(["x-request-id", "retry-after"])
            .allow_credentials(false)
            .max_age(3600);
        Self {
            shared: Arc::clone(&plain).with(cors),
            plain,
            origins,
        }
    }

    fn may_call(&self, request: &Request) -> bool {
        request.header(header::ORIGIN).is_some_and(|origin| {
            self.origins
                .iter()
                .any(|allowed| allowed == "*" || allowed == origin)
        })
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for CrossOrigin<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if self.may_call(&request) {
            return self.shared.call(request).await;
        }
        self.plain.call(request).await
    }
}
