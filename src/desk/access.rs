//! Who asks, and what they may: every action of the desk begins with this.

use crate::domain::error::{Error, Kind};
use crate::domain::ids::UserId;

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// `USER_AUTH=open`: the app is trusted to name its user.
    Trusted,
    /// The user a valid token names.
    User(UserId),
}

impl Caller {
    /// # Errors
    /// `forbidden` when the caller is somebody else.
    pub fn may_act_as(&self, user: &UserId) -> Result<(), Error> {
        match self {
            Self::Trusted => Ok(()),
            Self::User(own) if own == user => Ok(()),
            Self::User(_) => Err(Error::new(Kind::Forbidden, "forbidden").on("user_id")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_acts_only_as_itself() {
        let user = |id| UserId::parse(id, "user_id").unwrap();
        assert!(Caller::Trusted.may_act_as(&user("a")).is_ok());
        assert!(Caller::User(user("a")).may_act_as(&user("a")).is_ok());
        for other in ["b", "A", "a ", "aa"] {
            let refused = Caller::User(user("a"))
                .may_act_as(&user(other))
                .unwrap_err();
            assert_eq!(refused.kind, Kind::Forbidden);
        }
    }
}
