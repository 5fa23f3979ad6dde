//! One of each kind of something that people can press, as a list that can not fall behind its enumeration.

/// Lists one of each kind. The match knows no `_`: a kind that is added and not listed here does not compile.
macro_rules! one_of_each {
    ($($kind:ident $(($($of:expr),+))?),+ $(,)?) => {{
        let _ = |one: Self| match one {
            $(Self::$kind { .. } => (),)+
        };
        [$(Self::$kind $(($($of),+))?),+]
    }};
}

pub(super) use one_of_each;
