//! Names of files: the unguessable ones made here, and the ones people claim. A claimed name is
//! only ever shown; no path is made from it.

use std::io;

use rand::TryRngCore;
use rand::rngs::OsRng;

/// Marks files that nobody has been promised yet.
pub const TEMPORARY: &str = ".tmp-";
/// Hexadecimal digits of a name: 128 bits, so that nobody finds a file by trying.
const DIGITS: usize = 32;
/// Longest extension in the table of kinds, with room.
const LONGEST_EXTENSION: usize = 5;
/// The most characters of a claimed name that are kept.
const LONGEST_CLAIM: usize = 255;

/// 32 hexadecimal digits from the operating system's generator: a name is all that protects a file.
fn unguessable() -> io::Result<String> {
    let mut bytes = [0_u8; DIGITS / 2];
    OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    Ok(hex::encode(bytes))
}

pub fn with_extension(extension: &str) -> io::Result<String> {
    Ok(format!("{}.{extension}", unguessable()?))
}

pub fn temporary() -> io::Result<String> {
    Ok(format!("{TEMPORARY}{}", unguessable()?))
}

/// Whether `name` has the form this module gives; everything else is not touched and not served.
pub fn is_ours(name: &str) -> bool {
    name.split_once('.').is_some_and(|(stem, extension)| {
        stem.len() == DIGITS
            && stem.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            && (1..=LONGEST_EXTENSION).contains(&extension.len())
            && extension
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'z'))
    })
}

/// The claimed name as it may be shown: its last part, without control characters and without the
/// marks that turn the direction of writing (`gpj.exe` would read as `exe.jpg`). Long names lose
/// the middle and keep their extension. `None` where nothing is left.
pub fn sanitised(claimed: &str) -> Option<String> {
    let base = claimed.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = base.chars().filter(|c| !is_hidden(*c)).collect();
    let shown = shown.trim();
    (!shown.trim_matches('.').is_empty()).then(|| shortened(shown))
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn shortened(name: &str) -> String {
    let characters = name.chars().count();
    if characters <= LONGEST_CLAIM {
        return name.to_owned();
    }
    let extension = match name.rsplit_once('.') {
        Some((_, extension)) if extension.chars().count() <= 16 => format!(".{extension}"),
        _ => String::new(),
    };
    let room = LONGEST_CLAIM - extension.chars().count();
    name.chars().take(room).chain(extension.chars()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_made_here_are_recognised_and_never_repeat() {
        let one = with_extension("jpg").unwrap();
        let other = with_extension("jpg").unwrap();
        assert!(is_ours(&one), "{one}");
        assert_ne!(one, other);
        assert!(!is_ours(&temporary().unwrap()));
    }

    #[test]
    fn odd_names_are_not_ours() {
        let stem = "0123456789abcdef0123456789abcdef";
        assert!(is_ours(&format!("{stem}.webp")));
        for odd in [
            String::new(),
            stem.to_owned(),
            format!("{stem}."),
            format!("{stem}.jpeg2000"),
            format!("{stem}.j/g"),
            format!("{stem}.JPG"),
            format!("{stem}.jpg.exe"),
            format!("{}.jpg", stem.to_uppercase()),
            format!("../{stem}.jpg"),
            format!("{stem}.jpg\0"),
            format!("{}.jpg", &stem[1..]),
            "..".to_owned(),
            ".gitkeep".to_owned(),
        ] {
            assert!(!is_ours(&odd), "{odd:?}");
        }
    }

    #[test]
    fn claimed_names_lose_folders_and_everything_that_does_not_show() {
        for (claimed, shown) in [
            ("report.pdf", Some("report.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Users\\me\\счёт 5.pdf", Some("счёт 5.pdf")),
            ("a\r\nb\0.txt", Some("ab.txt")),
            ("photo\u{202E}gpj.exe", Some("photogpj.exe")),
            ("  spaced.txt ", Some("spaced.txt")),
            (".env", Some(".env")),
            ("", None),
            ("..", None),
            ("folder/", None),
            ("\u{1}", None),
        ] {
            assert_eq!(sanitised(claimed).as_deref(), shown, "{claimed:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let shown = sanitised(&format!("{}.pdf", "ж".repeat(400))).unwrap();
        assert_eq!(shown.chars().count(), 255);
        assert!(shown.ends_with("ж.pdf"));
    }

    proptest! {
        #[test]
        fn a_shown_name_is_short_flat_and_visible(claimed in any::<String>()) {
            if let Some(shown) = sanitised(&claimed) {
                prop_assert!(!shown.is_empty() && shown.chars().count() <= 255);
                prop_assert!(!shown.contains(['/', '\\']) && !shown.chars().any(char::is_control));
                prop_assert!(shown != "." && shown != "..");
                prop_assert_eq!(sanitised(&shown), Some(shown));
            }
        }
    }
}
