//! Categories, and who answers them, as the helpdesk interface draws them. How they are read is in `helpdesk_categories`.

use poem_openapi::Object;

/// A category of tickets.
#[derive(Debug, Object)]
pub struct CategoryAnswer {
    pub id: i64,
    /// In the language asked for, else in Uzbek.
    pub name: String,
    pub name_uz: String,
    pub name_ru: Option<String>,
    pub name_en: Option<String>,
    pub description: Option<String>,
    pub is_active: bool,
    /// Lists are in this order.
    pub order: i64,
    /// The group of agents that its tickets go to, by its id of today; null is the default group.
    pub group_chat_id: Option<i64>,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// A category, as a new one and PUT describe it. What else is left out or null is empty in a new one and stays in PUT.
#[derive(Debug, Object)]
pub struct CategoryJson {
    /// 1 to 255 characters.
    #[oai(validator(
        max_length = 255,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    pub name_uz: String,
    /// At most 255 characters; empty takes it away.
    #[oai(validator(max_length = 255, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub name_ru: Option<String>,
    /// At most 255 characters; empty takes it away.
    #[oai(validator(max_length = 255, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub name_en: Option<String>,
    /// At most 16,000 characters; empty takes it away.
    #[oai(validator(max_length = 16000))]
    pub description: Option<String>,
    pub is_active: Option<bool>,
    /// From 0.
    #[oai(validator(minimum(value = "0")))]
    pub order: Option<i64>,
    /// A group where the bot is an administrator, by its Telegram id: what its tickets are about is told there.
    /// Telegram is asked before it is set. null takes it away, in PUT and PATCH too: the default group, whose own id
    /// counts as null. Tickets follow when they are next told of.
    pub group_chat_id: Option<i64>,
}

/// What changes of a category. What is left out or null stays as it is, but for `group_chat_id`.
#[derive(Debug, Object)]
pub struct CategoryChangeJson {
    /// 1 to 255 characters.
    #[oai(validator(
        max_length = 255,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    pub name_uz: Option<String>,
    /// At most 255 characters; empty takes it away.
    #[oai(validator(max_length = 255, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub name_ru: Option<String>,
    /// At most 255 characters; empty takes it away.
    #[oai(validator(max_length = 255, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub name_en: Option<String>,
    /// At most 16,000 characters; empty takes it away.
    #[oai(validator(max_length = 16000))]
    pub description: Option<String>,
    pub is_active: Option<bool>,
    /// From 0.
    #[oai(validator(minimum(value = "0")))]
    pub order: Option<i64>,
    /// As for a new one; null is the default group.
    pub group_chat_id: Option<i64>,
}

/// That an admin answers a category.
#[derive(Debug, Object)]
pub struct AdminCategoryAnswer {
    pub id: i64,
    pub admin: i64,
    pub category: i64,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// Who answers what.
#[derive(Debug, Object)]
pub struct AdminCategoryJson {
    /// Id of an admin.
    #[oai(validator(minimum(value = "1")))]
    pub admin: i64,
    /// Id of a category.
    #[oai(validator(minimum(value = "1")))]
    pub category: i64,
}

/// What changes of it; what is left out or null stays as it is.
#[derive(Debug, Object)]
pub struct AdminCategoryChangeJson {
    /// Id of an admin.
    #[oai(validator(minimum(value = "1")))]
    pub admin: Option<i64>,
    /// Id of a category.
    #[oai(validator(minimum(value = "1")))]
    pub category: Option<i64>,
}
