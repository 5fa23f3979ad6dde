//! Canned answers: texts that agents give by name, kept by owners.

use super::Desk;
use super::rights::{Action, Staff};
use crate::domain::error::{Error, Kind};
use crate::domain::ids::CannedId;
use crate::domain::text;
pub use crate::store::CannedRow;

/// Longest name and longest text, characters.
pub const NAME_MAX_CHARS: usize = 32;
pub const TEXT_MAX_CHARS: usize = 4096;

impl Desk {
    /// All of them, by name.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn canned_answers(&self, staff: &Staff) -> Result<Vec<CannedRow>, Error> {
        staff.may(Action::ReadCannedAnswers)?;
        self.store.read(|r| r.canned_answers()).await
    }

    /// # Errors
    /// `not_allowed`, `invalid_name`, `name_taken`, `missing_field` or `message_too_long` on `text`.
    pub async fn add_canned(
        &self,
        staff: &Staff,
        name: &str,
        text: &str,
    ) -> Result<CannedRow, Error> {
        staff.may(Action::ManageCannedAnswers)?;
        let (name, text) = (checked_name(name)?, checked_text(text)?);
        self.store
            .write(move |tx| {
                if tx.canned_answer(&name)?.is_some() {
                    return Err(taken());
                }
                tx.insert_canned(&name, &text)
            })
            .await
    }

    /// # Errors
    /// As [`Desk::add_canned`], and `canned_not_found`.
    pub async fn change_canned(
        &self,
        staff: &Staff,
        id: CannedId,
        name: &str,
        text: &str,
    ) -> Result<CannedRow, Error> {
        staff.may(Action::ManageCannedAnswers)?;
        let (name, text) = (checked_name(name)?, checked_text(text)?);
        self.store
            .write(move |tx| {
                let other = tx.canned_answer(&name)?.filter(|other| other.id != id);
                let changed = match other {
                    None => tx.change_canned(id, &name, &text)?,
                    Some(_) => return Err(taken()),
                };
                changed.ok_or_else(not_found)
            })
            .await
    }

    /// # Errors
    /// `not_allowed`, `canned_not_found`.
    pub async fn delete_canned(&self, staff: &Staff, id: CannedId) -> Result<(), Error> {
        staff.may(Action::ManageCannedAnswers)?;
        let deleted = self.store.write(move |tx| tx.delete_canned(id)).await?;
        deleted.then_some(()).ok_or_else(not_found)
    }
}

/// One word of letters, digits, `-` and `_`, in lower case: it is typed after a command.
fn checked_name(raw: &str) -> Result<String, Error> {
    if raw.is_empty() {
        return Err(Error::missing("name"));
    }
    // Some letters become two in lower case.
    let name = raw.to_lowercase();
    let fits = name.chars().count() <= NAME_MAX_CHARS;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if fits && name.chars().all(plain) {
        return Ok(name);
    }
    Err(Error::bad("invalid_name", "name").with("max", NAME_MAX_CHARS))
}

fn checked_text(raw: &str) -> Result<String, Error> {
    let text = text::without_control(raw).trim().to_owned();
    if text.is_empty() {
        return Err(Error::missing("text"));
    }
    if text.chars().count() > TEXT_MAX_CHARS {
        return Err(Error::bad("message_too_long", "text").with("max", TEXT_MAX_CHARS));
    }
    Ok(text)
}

fn taken() -> Error {
    Error::new(Kind::Conflict, "name_taken").on("name")
}

fn not_found() -> Error {
    Error::not_found("canned_not_found")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_one_word_in_lower_case() {
        for (raw, name) in [("Hi", "hi"), ("ПРИВЕТ-2", "привет-2"), ("a_b", "a_b")] {
            assert_eq!(checked_name(raw).unwrap(), name);
        }
        for wrong in ["", " ", "a b", "a/b", "@a", "a\n", "é!", &"я".repeat(33)] {
            let error = checked_name(wrong).unwrap_err();
            assert_eq!(error.field.as_deref(), Some("name"), "{wrong:?}");
        }
        assert!(checked_name(&"я".repeat(32)).is_ok());
    }

    proptest! {
        #[test]
        fn a_name_that_is_taken_stays_as_it_is(raw in ".{0,40}") {
            if let Ok(name) = checked_name(&raw) {
                prop_assert!(name.chars().count() <= NAME_MAX_CHARS);
                prop_assert_eq!(checked_name(&name).unwrap(), name);
            }
        }
    }
}
