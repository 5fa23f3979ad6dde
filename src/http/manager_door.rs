//! The door of the operators' websocket: who is not signed in does not get in, and learns so before the
//! connection becomes a socket. What is said behind it is not said here.

use poem::endpoint::BoxEndpoint;
use poem::{Endpoint, Request, Response};

use super::errors::bare;
use super::staff::ask;
use crate::desk::operators::SignedIn;

pub const PATH: &str = "/ws/support/manager";

pub struct ManagerDoor(pub BoxEndpoint<'static, Response>);

impl Endpoint for ManagerDoor {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        match ask(&request).await {
            Ok(asking) => {
                let (token, locale) = (asking.token, asking.locale);
                request.extensions_mut().insert(SignedIn { token, locale });
                self.0.call(request).await
            }
            Err(error) => Ok(bare(error)),
        }
    }
}
