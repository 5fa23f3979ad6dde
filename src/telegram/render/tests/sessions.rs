//! Posts of web sessions, files, answers from elsewhere and lines about a ticket.

use super::*;

fn web_labels() -> WebLabels {
    WebLabels {
        new: "New Support Message".into(),
        user: "User".into(),
        session: "Session ID".into(),
        url: "Session URL".into(),
        page: "Page".into(),
        subject: "Subject".into(),
        unknown: "N/A".into(),
        message: "Message".into(),
        messages: "Messages".into(),
        photos: "Photos".into(),
        reply_with: "Reply with".into(),
        response: "your response".into(),
    }
}

fn visitor() -> Visitor {
    let session = alice().session;
    Visitor {
        session,
        session_url: format!("https://desk.example/support/chat/{session}/"),
        user: "visitor-1".into(),
        name: Some("Alice".into()),
        email: Some("alice@example.com".into()),
        username: Some("alice<3".into()),
        page_url: Some("https://shop.example/?a=1&b=2".into()),
        subject: None,
    }
}

fn web_post(said: &[Said]) -> String {
    shown(&web(&web_labels(), &visitor(), said))
}

fn document(text: &str) -> Said {
    Said {
        text: text.into(),
        documents: vec![Document {
            file: "1.pdf".into(),
            name: Some("bill.pdf".into()),
            kind: None,
        }],
        ..Said::default()
    }
}

#[test]
fn a_web_session_is_posted_as_drawn_with_the_id_to_copy() {
    insta::assert_snapshot!(web_post(&[text("<b>help</b>")]), @r"
    [text]
    🆘 New Support Message

    👤 User: alice@example.com (alice&lt;3)
    🆔 Session ID: <code>00000000-0000-0000-0000-0000000a11ce</code>
    🔗 Session URL: https://desk.example/support/chat/00000000-0000-0000-0000-0000000a11ce/
    📄 Page: https://shop.example/?a=1&amp;b=2
    📝 Subject: N/A

    💬 Message:
    &lt;b&gt;help&lt;/b&gt;

    ---
    Reply with: /reply <code>00000000-0000-0000-0000-0000000a11ce</code> &lt;your response&gt;
    ");
}

#[test]
fn waiting_messages_of_a_session_are_joined_and_its_files_follow() {
    insta::assert_snapshot!(web_post(&[text("one"), photos("two", 2), document("")]), @r"
    [text]
    🆘 New Support Message

    👤 User: alice@example.com (alice&lt;3)
    🆔 Session ID: <code>00000000-0000-0000-0000-0000000a11ce</code>
    🔗 Session URL: https://desk.example/support/chat/00000000-0000-0000-0000-0000000a11ce/
    📄 Page: https://shop.example/?a=1&amp;b=2
    📝 Subject: N/A

    💬 Messages (3):
    one

    two

    ---
    Reply with: /reply <code>00000000-0000-0000-0000-0000000a11ce</code> &lt;your response&gt;
    ----
    [album 1.jpg 2.jpg]
    🆔 Session ID: <code>00000000-0000-0000-0000-0000000a11ce</code>
    📷 Photos: 2
    ----
    [document 1.pdf]
    🆔 Session ID: <code>00000000-0000-0000-0000-0000000a11ce</code>
    ");
}

#[test]
fn a_file_carries_the_text_as_its_caption() {
    insta::assert_snapshot!(post(&[document("договор")]), @r"
    [document 1.pdf]
    📱 <b>Сообщение от пользователя</b>

    👤 <b>ID пользователя:</b> alice-7
    📝 <b>Имя:</b> Alice &lt;3

    💬 <b>Сообщение:</b>
    договор
    ");
}

#[test]
fn an_answer_from_elsewhere_names_the_agent_and_brings_its_files() {
    let shown_answer = |said| shown(&answer(&labels(), alice().session, "Olga <3", &said));
    insta::assert_snapshot!(shown_answer(text("hello <b>")), @r"
    [text]
    💬 <b>Olga &lt;3:</b> hello &lt;b&gt;
    ");
    insta::assert_snapshot!(shown_answer(photos("look", 2)), @r"
    [album 1.jpg 2.jpg]
    💬 <b>Olga &lt;3:</b> look

    📷 <b>Фото:</b> 2 шт.
    ");
    insta::assert_snapshot!(shown_answer(document("")), @r"
    [document 1.pdf]
    💬 <b>Olga &lt;3</b>
    ");
}

#[test]
fn a_long_line_about_a_ticket_is_several_marked_posts() {
    let steps = line(alice().session, &"причина ".repeat(700));
    assert_eq!(steps.len(), 2);
    for step in &steps {
        assert!(
            matches!(step, Step::Text { html } if html.starts_with("<a href=\"https://relaydesk.invalid/ticket/"))
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_post_of_a_session_fits_whatever_its_visitor_says_of_itself(
        said in proptest::collection::vec(said(), 1..4),
        email in proptest::option::of("[a-z<>&😀]{0,400}"),
        page in proptest::option::of("https://e\\.com/[a-z<>&]{0,2030}"),
        subject in proptest::option::of("[a-z<>&😀]{0,255}"),
    ) {
        let visitor = Visitor { email, page_url: page, subject, ..visitor() };
        for (html, limit) in posts(&web(&web_labels(), &visitor, &said)) {
            let parsed = parse(html).map_err(TestCaseError::fail)?;
            prop_assert!(utf16_len(&parsed.text) <= limit, "{} > {limit}", utf16_len(&parsed.text));
            for (kind, covered) in &parsed.entities {
                match kind.as_str() {
                    "code" => prop_assert_eq!(covered, &visitor.session.to_string()),
                    _ => prop_assert_eq!(covered, "\u{200B}"),
                }
            }
        }
    }
}
