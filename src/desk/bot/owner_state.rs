//! Owners' side of a private chat: its buttons as they travel, and what an owner is in the middle of. As staff's, a
//! button says all it means, and whether it may be done is asked of the desk when it is pressed.

use serde::{Deserialize, Serialize};

use crate::desk::each::one_of_each;
use crate::domain::ids::{AgentId, CategoryId};
use crate::domain::locale::Locale;
use crate::domain::ticket::Status;

/// What an owner is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum OwnerState {
    /// Saying who is to be an admin.
    Adding,
    /// Naming a category, a new one where there is none yet.
    Naming {
        category: Option<CategoryId>,
        #[serde(with = "word")]
        locale: Locale,
    },
    /// Saying which group a category has.
    Grouping { category: CategoryId },
}

/// A language as its word.
mod word {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::locale::Locale;

    pub fn serialize<S: Serializer>(locale: &Locale, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(locale.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Locale, D::Error> {
        let word = String::deserialize(from)?;
        Locale::parse(&word).ok_or_else(|| D::Error::custom("an unknown language"))
    }
}

/// Which tickets a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Open,
    In(Status),
    All,
}

impl Which {
    /// Those that are offered, in this order.
    pub const OFFERED: [Self; 5] = [
        Self::Open,
        Self::In(Status::WaitingAdmin),
        Self::In(Status::Replied),
        Self::In(Status::Closed),
        Self::All,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "unresolved",
            Self::In(status) => status.as_str(),
            Self::All => "all",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "unresolved" => Some(Self::Open),
            "all" => Some(Self::All),
            word => Status::parse(word).map(Self::In),
        }
    }
}

/// A button of owners'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerButton {
    Menu,
    Tickets(Which, u32),
    Admins,
    Admin(AgentId),
    AddAdmin,
    Block(AgentId, bool),
    MakeOwner(AgentId, bool),
    /// The admin answers the category, or no longer.
    Answers(AgentId, CategoryId, bool),
    Categories,
    Category(CategoryId),
    AddCategory,
    Name(CategoryId, Locale),
    /// The category is offered, or no longer.
    Offer(CategoryId, bool),
    /// Asks for the category's group.
    Group(CategoryId),
    /// The category has this group; None: the default one.
    UseGroup(CategoryId, Option<i64>),
    /// So many days up to today.
    Report(u32),
    System,
    /// What was given up is tried again.
    Replay,
}

impl OwnerButton {
    /// One of each kind.
    pub const EACH: [Self; 18] = one_of_each![
        Menu,
        Tickets(Which::Open, 0),
        Admins,
        Admin(AgentId(1)),
        AddAdmin,
        Block(AgentId(1), true),
        MakeOwner(AgentId(1), true),
        Answers(AgentId(1), CategoryId(1), true),
        Categories,
        Category(CategoryId(1)),
        AddCategory,
        Name(CategoryId(1), Locale::En),
        Offer(CategoryId(1), false),
        Group(CategoryId(1)),
        UseGroup(CategoryId(1), None),
        Report(7),
        System,
        Replay,
    ];

    /// As it travels, in at most 64 bytes.
    pub fn data(self) -> String {
        let flag = |on: bool| if on { 1 } else { 0 };
        match self {
            Self::Menu => "o.menu".to_owned(),
            Self::Tickets(which, page) => format!("o.tickets.{}.{page}", which.as_str()),
            Self::Admins => "o.admins".to_owned(),
            Self::Admin(id) => format!("o.admin.{id}"),
            Self::AddAdmin => "o.add".to_owned(),
            Self::Block(id, on) => format!("o.block.{id}.{}", flag(on)),
            Self::MakeOwner(id, on) => format!("o.owner.{id}.{}", flag(on)),
            Self::Answers(id, category, on) => format!("o.answers.{id}.{category}.{}", flag(on)),
            Self::Categories => "o.categories".to_owned(),
            Self::Category(id) => format!("o.category.{id}"),
            Self::AddCategory => "o.addcat".to_owned(),
            Self::Name(id, locale) => format!("o.name.{id}.{}", locale.as_str()),
            Self::Offer(id, on) => format!("o.offer.{id}.{}", flag(on)),
            Self::Group(id) => format!("o.group.{id}"),
            Self::UseGroup(id, group) => format!("o.use.{id}.{}", group.unwrap_or_default()),
            Self::Report(days) => format!("o.report.{days}"),
            Self::System => "o.system".to_owned(),
            Self::Replay => "o.replay".to_owned(),
        }
    }

    /// Whether what comes of it stands where the button stood.
    pub fn is_in_place(self) -> bool {
        !matches!(
            self,
            Self::AddAdmin | Self::AddCategory | Self::Name(..) | Self::Group(_)
        )
    }

    /// Reads what came back; None for what is no button of owners'.
    pub fn pressed(data: &str) -> Option<Self> {
        let parts: Vec<&str> = data.strip_prefix("o.")?.split('.').collect();
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        let flag = |text: &str| match text {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        };
        let button = match *parts.as_slice() {
            ["menu"] => Self::Menu,
            ["tickets", which, page] => Self::Tickets(Which::parse(which)?, page.parse().ok()?),
            ["admins"] => Self::Admins,
            ["admin", id] => Self::Admin(AgentId(number(id)?)),
            ["add"] => Self::AddAdmin,
            ["block", id, on] => Self::Block(AgentId(number(id)?), flag(on)?),
            ["owner", id, on] => Self::MakeOwner(AgentId(number(id)?), flag(on)?),
            ["answers", id, category, on] => {
                let (id, category) = (AgentId(number(id)?), CategoryId(number(category)?));
                Self::Answers(id, category, flag(on)?)
            }
            ["categories"] => Self::Categories,
            ["category", id] => Self::Category(CategoryId(number(id)?)),
            ["addcat"] => Self::AddCategory,
            ["name", id, word] => {
                let mut all = Locale::ALL.into_iter();
                let locale = all.find(|locale| locale.as_str() == word)?;
                Self::Name(CategoryId(number(id)?), locale)
            }
            ["offer", id, on] => Self::Offer(CategoryId(number(id)?), flag(on)?),
            ["group", id] => Self::Group(CategoryId(number(id)?)),
            ["use", id, group] => {
                let group = group.parse().ok()?;
                Self::UseGroup(CategoryId(number(id)?), Some(group).filter(|id| *id != 0))
            }
            ["report", days] => {
                Self::Report(days.parse().ok().filter(|days| (1..=366).contains(days))?)
            }
            ["system"] => Self::System,
            ["replay"] => Self::Replay,
            _ => return None,
        };
        // One button has one way to be written.
        (button.data() == data).then_some(button)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_button() -> impl Strategy<Value = OwnerButton> {
        let agent = || (0i64..=i64::MAX).prop_map(AgentId);
        let category = || (0i64..=i64::MAX).prop_map(CategoryId);
        prop_oneof![
            Just(OwnerButton::Menu),
            (prop::sample::select(Which::OFFERED.to_vec()), any::<u32>())
                .prop_map(|(which, page)| OwnerButton::Tickets(which, page)),
            Just(OwnerButton::Admins),
            agent().prop_map(OwnerButton::Admin),
            Just(OwnerButton::AddAdmin),
            (agent(), any::<bool>()).prop_map(|(id, on)| OwnerButton::Block(id, on)),
            (agent(), any::<bool>()).prop_map(|(id, on)| OwnerButton::MakeOwner(id, on)),
            (agent(), category(), any::<bool>())
                .prop_map(|(id, category, on)| OwnerButton::Answers(id, category, on)),
            Just(OwnerButton::Categories),
            category().prop_map(OwnerButton::Category),
            Just(OwnerButton::AddCategory),
            (category(), prop::sample::select(Locale::ALL.to_vec()))
                .prop_map(|(id, locale)| OwnerButton::Name(id, locale)),
            (category(), any::<bool>()).prop_map(|(id, on)| OwnerButton::Offer(id, on)),
            category().prop_map(OwnerButton::Group),
            (category(), any::<i64>()).prop_map(|(id, group)| {
                OwnerButton::UseGroup(id, Some(group).filter(|id| *id != 0))
            }),
            (1u32..=366).prop_map(OwnerButton::Report),
            Just(OwnerButton::System),
            Just(OwnerButton::Replay),
        ]
    }

    proptest! {
        #[test]
        fn a_button_comes_back_as_it_was_and_fits(button in any_button()) {
            let data = button.data();
            prop_assert!(data.len() <= 64, "{data}");
            prop_assert_eq!(OwnerButton::pressed(&data), Some(button));
        }

        #[test]
        fn whatever_else_comes_is_no_button(data in "o[.][a-z]{0,6}[.][0-9.+-]{0,12}|.{0,20}") {
            if let Some(button) = OwnerButton::pressed(&data) {
                prop_assert_eq!(button.data(), data);
            }
        }
    }

    #[test]
    fn a_state_survives_being_stored() {
        for state in [
            OwnerState::Adding,
            OwnerState::Naming {
                category: Some(CategoryId(3)),
                locale: Locale::Uz,
            },
            OwnerState::Grouping {
                category: CategoryId(3),
            },
        ] {
            let stored = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<OwnerState>(&stored).unwrap(), state);
        }
    }
}
