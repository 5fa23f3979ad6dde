//! Lists that are an array, or with `limit` a page with absolute links: `{"count", "next", "previous", "results"}`.

use std::marker::PhantomData;

use poem::{IntoResponse, Request, Response};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::{ParseFromParameter, ParseResult, Type};
use poem_openapi::{ApiResponse, Object};
use serde::Serialize;

use super::address::OwnAddress;
use crate::domain::error::Error;

/// The most entries of a list without `limit`.
pub const MOST: u32 = 500;

/// Which part of a list was asked for.
pub struct Part {
    limit: Option<u32>,
    pub offset: u32,
    /// The list's absolute address, up to and with `?`, and what else was asked, encoded as it came.
    base: String,
    others: Vec<String>,
}

impl Part {
    /// `limit` as the operation's parameter has checked it.
    pub fn asked(request: &Request, limit: Option<u32>, offset: Option<u32>) -> Self {
        let OwnAddress(own) = OwnAddress::of(request);
        let query = request.uri().query().unwrap_or_default();
        let others = query.split('&').filter(|part| {
            let name = part.split('=').next().unwrap_or_default();
            !part.is_empty() && name != "limit" && name != "offset"
        });
        Self {
            limit,
            offset: offset.unwrap_or(0),
            base: format!("{own}{}/?", request.uri().path()),
            others: others.map(str::to_owned).collect(),
        }
    }

    /// How many entries to fetch.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(MOST)
    }

    /// The answer, from the entries and how many there are in all.
    ///
    /// # Errors
    /// Only where a value has no JSON form.
    pub fn of<T>(&self, results: &[impl Serialize], count: i64) -> Result<Listing<T>, Error> {
        let Some(limit) = self.limit else {
            return Listing::new(&results, count);
        };
        let after = self.offset.saturating_add(limit);
        let page = Page {
            count,
            next: (i64::from(after) < count).then(|| self.link(limit, after)),
            previous: (self.offset > 0)
                .then(|| self.link(limit, self.offset.saturating_sub(limit))),
            results,
        };
        Listing::new(&page, count)
    }

    fn link(&self, limit: u32, offset: u32) -> String {
        let place = format!("limit={limit}&offset={offset}");
        let parts = self.others.iter().map(String::as_str);
        let query: Vec<&str> = parts.chain([place.as_str()]).collect();
        format!("{}{}", self.base, query.join("&"))
    }
}

#[derive(Serialize)]
struct Page<'a, T> {
    count: i64,
    next: Option<String>,
    previous: Option<String>,
    results: &'a [T],
}

/// An array or a page, with the number of all entries in a header too.
pub struct Listing<T> {
    json: Vec<u8>,
    count: i64,
    entry: PhantomData<fn() -> T>,
}

impl<T> Listing<T> {
    fn new(value: &impl Serialize, count: i64) -> Result<Self, Error> {
        let json = serde_json::to_vec(value)
            .map_err(|error| Error::internal(format_args!("writing JSON: {error}")))?;
        let entry = PhantomData;
        Ok(Self { json, count, entry })
    }
}

impl<T> IntoResponse for Listing<T> {
    fn into_response(self) -> Response {
        Response::builder()
            .content_type("application/json; charset=utf-8")
            .header("x-total-count", self.count.to_string())
            .body(self.json)
    }
}

/// One page of a list that was asked for with `limit`.
#[derive(Debug, Object)]
struct PageLinks {
    /// Entries on all pages together.
    count: i64,
    /// Address of the next page; null on the last one.
    next: Option<String>,
    /// Address of the page before; null on the first one.
    previous: Option<String>,
}

impl<T: Type> ApiResponse for Listing<T> {
    fn meta() -> MetaResponses {
        let inline = |schema| MetaSchemaRef::Inline(Box::new(schema));
        let results = MetaSchema {
            items: Some(Box::new(T::schema_ref())),
            max_items: Some(MOST as usize),
            ..MetaSchema::new("array")
        };
        let rest = MetaSchema {
            required: vec!["results"],
            properties: vec![("results", inline(results.clone()))],
            ..MetaSchema::new("object")
        };
        let page = MetaSchema {
            all_of: vec![PageLinks::schema_ref(), inline(rest)],
            ..MetaSchema::ANY
        };
        let either = MetaSchema {
            one_of: vec![inline(results), inline(page)],
            ..MetaSchema::ANY
        };
        MetaResponses {
            responses: vec![MetaResponse {
                description: "An array of at most 500 entries; with `limit` a page.",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "application/json; charset=utf-8",
                    schema: inline(either),
                }],
                headers: vec![MetaHeader {
                    name: "X-Total-Count".to_owned(),
                    description: Some("How many entries there are in all.".to_owned()),
                    required: true,
                    deprecated: false,
                    schema: inline(MetaSchema::new("integer")),
                }],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
        PageLinks::register(registry);
    }
}

/// A yes or no in a query: `true` and `false` in any case, as programs of many languages write them.
pub struct YesNo(pub bool);

impl Type for YesNo {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> std::borrow::Cow<'static, str> {
        "string_yes_no".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            pattern: Some("^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$".to_owned()),
            ..MetaSchema::new("string")
        }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromParameter for YesNo {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        let known = [("true", true), ("false", false)];
        let found = known
            .into_iter()
            .find(|(word, _)| value.eq_ignore_ascii_case(word));
        found
            .map(|(_, yes)| Self(yes))
            .ok_or_else(|| poem_openapi::types::ParseError::custom("true or false"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn list(query: &str, limit: Option<u32>, offset: u32, count: i64) -> Value {
        let request = Request::builder()
            .uri(format!("/support/tickets?{query}").parse().unwrap())
            .header("host", "desk.example:5000")
            .finish();
        let part = Part::asked(&request, limit, Some(offset));
        let listing: Listing<i64> = part.of(&[1, 2], count).unwrap();
        serde_json::from_slice(&listing.json).unwrap()
    }

    #[test]
    fn with_a_limit_it_is_a_page_whose_links_keep_the_question() {
        let page = list("resolved=False&limit=2&q=%20a&offset=3", Some(2), 3, 9);
        let link = |offset: u32| {
            format!(
                "http://desk.example:5000/support/tickets/?resolved=False&q=%20a&limit=2&offset={offset}"
            )
        };
        assert_eq!(page["count"], 9);
        assert_eq!(page["next"], link(5));
        assert_eq!(page["previous"], link(1));
        let first = list("limit=2", Some(2), 0, 2);
        assert_eq!(
            (&first["next"], &first["previous"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(list("", None, 0, 9), serde_json::json!([1, 2]));
    }

    #[test]
    fn yes_and_no_come_in_any_case() {
        for (word, yes) in [("true", true), ("True", true), ("FALSE", false)] {
            assert_eq!(YesNo::parse_from_parameter(word).ok().unwrap().0, yes);
        }
        for wrong in ["1", "yes", "", "truе"] {
            assert!(YesNo::parse_from_parameter(wrong).is_err(), "{wrong}");
        }
    }
}
