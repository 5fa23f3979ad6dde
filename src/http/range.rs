//! Which part of a file a request wants, and whether it has the file already (RFC 9110, sections 13
//! and 14). Pure: header values in, a decision out.

/// What goes out of a file of a known size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Whole,
    /// First and last byte, both included.
    Part {
        first: u64,
        last: u64,
    },
    /// The range begins behind the end.
    Outside,
}

/// Reads a `Range` header. Several ranges, other units and nonsense are ignored, as the RFC allows; a
/// range that reaches behind the end is cut there, as it demands.
pub fn wanted(range: Option<&str>, size: u64) -> Wanted {
    let spec = range.and_then(|range| range.trim().strip_prefix("bytes="));
    let Some((first, last)) = spec.and_then(|spec| spec.trim().split_once('-')) else {
        return Wanted::Whole;
    };
    let (first, last) = match (first, number(first), last, number(last)) {
        // The last so many bytes.
        ("", _, _, Some(count)) => (size.saturating_sub(count), u64::MAX),
        (_, Some(first), "", _) => (first, u64::MAX),
        (_, Some(first), _, Some(last)) if first <= last => (first, last),
        _ => return Wanted::Whole,
    };
    if first >= size {
        return Wanted::Outside;
    }
    Wanted::Part {
        first,
        last: last.min(size - 1),
    }
}

/// A number of any length; beyond 64 bits it is as good as endless.
fn number(digits: &str) -> Option<u64> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Whether an `If-None-Match` names this tag; compared weakly, as the RFC wants it here.
pub fn names(if_none_match: &str, etag: &str) -> bool {
    if_none_match.split(',').map(str::trim).any(|tag| {
        let strong = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || strong == etag
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_cut_at_the_end_and_nonsense_is_ignored() {
        let part = |first, last| Wanted::Part { first, last };
        for (range, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=0-", part(0, 9)),
            ("bytes=3-99999999999999999999999", part(3, 9)),
            ("bytes=-4", part(6, 9)),
            ("bytes=-40", part(0, 9)),
            ("bytes=9-", part(9, 9)),
            ("bytes=10-", Wanted::Outside),
            ("bytes=-0", Wanted::Outside),
            ("bytes=5-2", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(wanted(Some(range), 10), expected, "{range}");
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Outside);
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        for (header, found) in [
            ("\"a\"", true),
            ("\"b\", \"a\"", true),
            ("W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(names(header, "\"a\""), found, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_part_always_lies_in_the_file(range in "bytes=[0-9]{0,4}-[0-9]{0,4}", size in 0_u64..2000) {
            if let Wanted::Part { first, last } = wanted(Some(&range), size) {
                prop_assert!(first <= last && last < size);
            }
        }
    }
}
