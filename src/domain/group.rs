//! Which of the agents' groups is meant, whatever its id is today. Nothing here knows what is posted there.

/// A group of agents. Each has a lane of its own in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum GroupRef {
    /// The one of `GROUP_CHAT_ID`.
    #[default]
    Default,
    /// One that a category names, by the id it was first named with.
    Named(i64),
}

/// The default group's lane; the others' begin with it.
const LANE: &str = "group";

impl GroupRef {
    pub fn of_named(chat: Option<i64>) -> Self {
        chat.map_or(Self::Default, Self::Named)
    }

    pub fn named(self) -> Option<i64> {
        match self {
            Self::Default => None,
            Self::Named(chat) => Some(chat),
        }
    }

    pub fn lane(self) -> String {
        match self {
            Self::Default => LANE.to_owned(),
            Self::Named(chat) => format!("{LANE}:{chat}"),
        }
    }

    /// Whose lane this is; what can not be read is the default group's.
    pub fn of_lane(lane: &str) -> Self {
        let named = lane.strip_prefix(LANE).and_then(|it| it.strip_prefix(':'));
        Self::of_named(named.and_then(|chat| chat.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_tells_its_group() {
        for group in [GroupRef::Default, GroupRef::Named(-100_500)] {
            assert_eq!(GroupRef::of_lane(&group.lane()), group);
            assert_eq!(GroupRef::of_named(group.named()), group);
        }
        assert_eq!(GroupRef::Named(-5).lane(), "group:-5");
        assert_eq!(GroupRef::of_lane("group:x"), GroupRef::Default);
    }
}
