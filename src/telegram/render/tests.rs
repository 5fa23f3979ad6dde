//! Posts as the contract draws them, and the laws every post keeps.

use proptest::prelude::*;

use uuid::Uuid;

use super::*;
use crate::domain::text::utf16_len;
use crate::telegram::markup::parsed::parse;

mod sessions;

fn labels() -> Labels {
    Labels {
        from_user: "Сообщение от пользователя".into(),
        user_id: "ID пользователя".into(),
        name: "Имя".into(),
        message: "Сообщение".into(),
        messages: "Сообщения".into(),
        photos: "Фото".into(),
        pieces: "шт.".into(),
    }
}

fn alice() -> Writer {
    Writer {
        session: Uuid::from_u128(0xA11CE),
        user: "alice-7".into(),
        name: Some("Alice <3".into()),
    }
}

fn text(text: &str) -> Said {
    Said {
        text: text.into(),
        ..Said::default()
    }
}

fn photos(text: &str, n: usize) -> Said {
    Said {
        text: text.into(),
        files: (1..=n).map(|i| format!("{i}.jpg")).collect(),
        ..Said::default()
    }
}

/// The steps as people read them: what kind, which photos, and the text without its mark.
fn shown(steps: &[Step]) -> String {
    let plain = |html: &str| {
        html.replace("<a href=\"https://relaydesk.invalid/ticket/00000000-0000-0000-0000-0000000a11ce\">\u{200B}</a>", "")
    };
    let lines: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Text { html } => format!("[text]\n{}", plain(html)),
            Step::Photo { file, caption, .. } => format!("[photo {file}]\n{}", plain(caption)),
            Step::Link {
                url,
                caption,
                instead,
            } => {
                format!(
                    "[link {url}]\n{}\n[instead]\n{}",
                    plain(caption),
                    plain(&instead.join("\n[instead]\n"))
                )
            }
            Step::Album { files, caption, .. } => {
                format!("[album {}]\n{}", files.join(" "), plain(caption))
            }
            Step::Document { file, caption, .. } => {
                format!("[document {file}]\n{}", plain(caption))
            }
            other => panic!("{other:?}"),
        })
        .collect();
    lines.join("\n----\n")
}

fn post(said: &[Said]) -> String {
    shown(&steps(&labels(), &alice(), said))
}

#[test]
fn a_text_is_posted_as_drawn_with_everything_escaped() {
    insta::assert_snapshot!(post(&[text("Не работает <b>вход</b> & всё")]), @r"
    [text]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3

    💬 <b>Сообщение:</b>
    Не работает &lt;b&gt;вход&lt;/b&gt; &amp; всё
    ");
}

#[test]
fn without_a_name_the_line_is_left_out() {
    let nameless = Writer {
        name: None,
        ..alice()
    };
    insta::assert_snapshot!(shown(&steps(&labels(), &nameless, &[text("hi")])), @r"
    [text]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7

    💬 <b>Сообщение:</b>
    hi
    ");
}

#[test]
fn one_photo_carries_the_text_as_its_caption() {
    insta::assert_snapshot!(post(&[photos("вот", 1)]), @r"
    [photo 1.jpg]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3

    💬 <b>Сообщение:</b>
    вот
    ");
}

#[test]
fn a_photo_without_words_has_no_message_block() {
    insta::assert_snapshot!(post(&[photos(" ", 1)]), @r"
    [photo 1.jpg]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3
    ");
}

#[test]
fn several_photos_are_an_album_with_their_number() {
    insta::assert_snapshot!(post(&[photos("вот", 3)]), @r"
    [album 1.jpg 2.jpg 3.jpg]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3

    💬 <b>Сообщение:</b>
    вот

    📷 <b>Фото:</b> 3 шт.
    ");
}

#[test]
fn a_text_too_long_for_a_caption_goes_first_on_its_own() {
    let long = "слово ".repeat(200);
    let steps = steps(&labels(), &alice(), &[photos(&long, 2)]);
    assert!(matches!(steps.first(), Some(Step::Text { html }) if html.contains("слово слово")));
    insta::assert_snapshot!(shown(&steps[1..]), @r"
    [album 1.jpg 2.jpg]
    👤 <b>ID пользователя:</b> alice-7
    📷 <b>Фото:</b> 2 шт.
    ");
}

#[test]
fn waiting_messages_share_one_header_and_keep_their_order() {
    insta::assert_snapshot!(post(&[text("раз"), photos("", 1), photos("два", 2), text("три")]), @r"
    [text]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3

    💬 <b>Сообщения (4):</b>
    раз

    два

    три
    ----
    [album 1.jpg 1.jpg 2.jpg]
    👤 <b>ID пользователя:</b> alice-7
    📷 <b>Фото:</b> 3 шт.
    ");
}

#[test]
fn waiting_photos_without_a_word_are_one_album() {
    insta::assert_snapshot!(post(&[photos("", 1), photos(" ", 1)]), @r"
    [album 1.jpg 1.jpg]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3

    📷 <b>Фото:</b> 2 шт.
    ");
}

#[test]
fn a_linked_photo_says_the_link_where_telegram_can_not_fetch_it() {
    let said = Said {
        text: "см.".into(),
        links: vec!["https://example.com/a.png?x=1&y=2".into()],
        ..Said::default()
    };
    insta::assert_snapshot!(post(&[said]), @r"
    [link https://example.com/a.png?x=1&y=2]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3

    💬 <b>Сообщение:</b>
    см.
    [instead]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3

    💬 <b>Сообщение:</b>
    см.
    https://example.com/a.png?x=1&amp;y=2
    ");
}

#[test]
fn a_long_text_is_several_posts_with_the_header_on_the_first() {
    let long = "строка текста\n".repeat(700);
    let steps = steps(&labels(), &alice(), &[text(&long)]);
    let headers: Vec<bool> = steps
        .iter()
        .map(|step| matches!(step, Step::Text { html } if html.contains("📱")))
        .collect();
    assert_eq!(headers, [true, false, false]);
    for step in &steps {
        assert!(
            matches!(step, Step::Text { html } if html.trim_end().ends_with("строка текста") && html.contains("000a11ce\">\u{200B}</a>"))
        );
    }
}

/// Every text and caption of the steps, with its limit.
fn posts(steps: &[Step]) -> Vec<(&str, usize)> {
    steps
        .iter()
        .flat_map(|step| match step {
            Step::Text { html } => vec![(html.as_str(), TEXT_UNITS)],
            Step::Photo { caption, short, .. } | Step::Album { caption, short, .. } => {
                vec![(caption.as_str(), CAPTION_UNITS), (short, CAPTION_UNITS)]
            }
            Step::Document { caption, .. } | Step::Media { caption, .. } => {
                vec![(caption.as_str(), CAPTION_UNITS)]
            }
            Step::Link {
                caption, instead, ..
            } => std::iter::once((caption.as_str(), CAPTION_UNITS))
                .chain(instead.iter().map(|html| (html.as_str(), TEXT_UNITS)))
                .collect(),
            Step::Location { .. }
            | Step::Person { .. }
            | Step::Buttons
            | Step::NoButtons { .. }
            | Step::CloseTopic
            | Step::ReopenTopic
            | Step::Farewell { .. } => Vec::new(),
        })
        .collect()
}

/// Words as people write them to break things.
fn writing() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        "([a-zя<>&\"😀]{1,40}|</?b>|&amp;|<a href=\"x\">)[ \\n]{0,2}",
        0..120,
    )
    .prop_map(|words| words.concat())
    .prop_flat_map(|text| (Just(text), 1usize..4))
    .prop_map(|(text, times)| text.repeat(times).chars().take(16_000).collect())
}

fn said() -> impl Strategy<Value = Said> {
    (
        writing(),
        0usize..=10,
        proptest::option::of("https://e\\.com/[a-z<>&]{0,200}"),
    )
        .prop_map(|(text, n, link)| Said {
            links: link.into_iter().collect(),
            ..photos(&text, n)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_post_fits_and_holds_only_our_markup(
        said in proptest::collection::vec(said(), 1..5),
        user in "[a-z<>&😀]{1,128}",
        name in proptest::option::of("[a-z<>&😀]{0,256}"),
    ) {
        let writer = Writer { user, name, ..alice() };
        let steps = steps(&labels(), &writer, &said);
        for (html, limit) in posts(&steps) {
            let parsed = parse(html).map_err(TestCaseError::fail)?;
            prop_assert!(utf16_len(&parsed.text) <= limit, "{} > {limit}", utf16_len(&parsed.text));
            for (kind, covered) in &parsed.entities {
                match kind.as_str() {
                    "b" => prop_assert!(["Сообщение", "ID пользователя:", "Имя:", "Фото:"].iter().any(|label| covered.starts_with(label)) || covered.starts_with("Сообщения ("), "{covered}"),
                    _ => prop_assert_eq!(covered, "\u{200B}"),
                }
            }
        }
    }

    #[test]
    fn every_word_and_every_photo_arrives_once_and_in_order(said in proptest::collection::vec(said(), 1..5)) {
        let steps = steps(&labels(), &alice(), &said);
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let shown: String = posts(&steps).into_iter().map(|(html, _)| squeezed(&parse(html).unwrap().text)).collect();
        let mut rest = shown.as_str();
        // A linked photo's words come again where the link is said instead; they stand behind these.
        for one in &said {
            let words = squeezed(&one.text);
            // Long words may be cut between posts, and a mark stands there.
            let unmarked = rest.replace('\u{200B}', "");
            prop_assert!(unmarked.contains(&words));
            if let Some(at) = rest.find(&words) {
                rest = &rest[at + words.len()..];
            }
        }
        let files: Vec<String> = steps.iter().flat_map(|step| match step {
            Step::Photo { file, .. } | Step::Document { file, .. } => vec![file.clone()],
            Step::Album { files, .. } => {
                assert!((2..=ALBUM_PARTS).contains(&files.len()));
                files.clone()
            }
            _ => Vec::new(),
        }).collect();
        let expected: Vec<String> = said.iter().flat_map(|one| one.files.clone()).collect();
        prop_assert_eq!(files, expected);
        let links = steps.iter().filter(|step| matches!(step, Step::Link { .. })).count();
        prop_assert_eq!(links, said.iter().map(|one| one.links.len()).sum::<usize>());
    }
}
