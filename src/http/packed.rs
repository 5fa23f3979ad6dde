//! Texts that are sent compressed to whoever takes that.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use poem::endpoint::make_sync;
use poem::http::header;
use poem::{Endpoint, IntoResponse, Request, Response};

use super::errors::bare;
use crate::domain::error::Error;

pub fn pack(text: &str, how: Compression) -> io::Result<Bytes> {
    let mut packer = GzEncoder::new(Vec::new(), how);
    packer.write_all(text.as_bytes())?;
    Ok(packer.finish()?.into())
}

fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut text)?;
    Ok(text)
}

/// Whether who asks takes gzip.
pub fn takes_gzip(request: &Request) -> bool {
    let accepted = request.header(header::ACCEPT_ENCODING);
    accepted.is_some_and(names_gzip)
}

fn names_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let named = pieces
            .next()
            .is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
        let refused = pieces
            .filter_map(|piece| piece.strip_prefix("q="))
            .any(|weight| weight.trim().parse() == Ok(0.0));
        named && !refused
    })
}

/// An endpoint that always answers with the same large text, which is kept compressed alone: few ask for it.
///
/// # Errors
/// None is known: it is written to memory.
pub fn large(
    content_type: &'static str,
    text: &str,
) -> io::Result<impl Endpoint<Output = Response> + use<>> {
    let packed = pack(text, Compression::fast())?;
    Ok(make_sync(move |request: Request| {
        let answer = Response::builder()
            .content_type(content_type)
            .header(header::VARY, "accept-encoding");
        if takes_gzip(&request) {
            let answer = answer.header(header::CONTENT_ENCODING, "gzip");
            return answer.body(packed.clone());
        }
        match unpack(&packed) {
            Ok(plain) => answer.body(plain),
            Err(error) => {
                bare(Error::internal(format_args!("unpacking a page: {error}"))).into_response()
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn who_takes_gzip_says_so() {
        for (accepted, takes) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
            ("br, deflate", false),
            ("", false),
        ] {
            assert_eq!(names_gzip(accepted), takes, "{accepted}");
        }
    }

    #[tokio::test]
    async fn a_large_text_is_the_same_packed_or_not() {
        let text = "a page ".repeat(1000);
        let page = large("text/html", &text).unwrap();
        let plain = page.call(Request::default()).await.unwrap();
        assert_eq!(plain.header("content-encoding"), None);
        assert_eq!(plain.into_body().into_string().await.unwrap(), text);
        let asks = Request::builder()
            .header("accept-encoding", "gzip")
            .finish();
        let packed = page.call(asks).await.unwrap();
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        let bytes = packed.into_body().into_bytes().await.unwrap();
        assert!(bytes.len() < 200, "{}", bytes.len());
        assert_eq!(unpack(&bytes).unwrap(), text.as_bytes());
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_as_it_was(text in "\\PC{0,200}") {
            let packed = pack(&text, Compression::fast()).unwrap();
            prop_assert_eq!(unpack(&packed).unwrap(), text.into_bytes());
        }
    }
}
