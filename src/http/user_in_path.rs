//! A user id as a part of a path: documented with its rules, and checked by the id's own type. The
//! library's validator for patterns would compile its expression for every single request.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromParameter, ParseResult, Type};

use crate::domain::ids::UserId;

/// No control characters, in the words of a schema.
const PATTERN: &str = r"^[^\x00-\x1F\x7F-\x9F]+$";

pub struct UserInPath(pub UserId);

impl Type for UserInPath {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "string_user_id".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            min_length: Some(1),
            max_length: Some(UserId::MAX_CHARS),
            pattern: Some(PATTERN.to_owned()),
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

impl ParseFromParameter for UserInPath {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        UserId::parse(value, "user_id")
            .map(Self)
            .map_err(ParseError::custom)
    }
}
