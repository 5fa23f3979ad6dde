//! What tickets are about, named in three languages.

use chrono::{DateTime, Utc};

use super::group::GroupRef;
use super::ids::CategoryId;
use super::locale::Locale;

/// Longest name of a category, characters.
pub const NAME_MAX_CHARS: usize = 255;

/// A category, as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    pub name_uz: String,
    pub name_ru: Option<String>,
    pub name_en: Option<String>,
    pub description: Option<String>,
    /// Inactive ones are kept for old tickets and offered to nobody.
    pub is_active: bool,
    /// Lists are in this order.
    pub position: i64,
    /// The agents who answer it.
    pub group: GroupRef,
    pub created_at: DateTime<Utc>,
}

impl Category {
    /// The name in a language, else the Uzbek one.
    pub fn name(&self, locale: Locale) -> &str {
        let own = match locale {
            Locale::Uz => None,
            Locale::Ru => self.name_ru.as_deref(),
            Locale::En => self.name_en.as_deref(),
        };
        own.unwrap_or(&self.name_uz)
    }
}
