//! Forms as all sorts of clients write them: what is legal is taken.

use crate::world::{Raw, World, png};

/// A form with a user, a photo under this `filename` parameter, and a text.
fn form(boundary: &str, filename: &[u8]) -> Vec<u8> {
    let field = |name: &str, value: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
        .into_bytes()
    };
    let mut body = field("user_id", "alice");
    body.extend(format!("--{boundary}\r\n").bytes());
    body.extend(b"Content-Disposition: form-data; name=\"photo\"");
    body.extend(filename);
    body.extend(b"\r\nContent-Type: text/plain\r\n\r\n");
    body.extend(png(12, 8));
    body.extend(b"\r\n");
    body.extend(field("message", "look"));
    body.extend(format!("--{boundary}--\r\n").bytes());
    body
}

#[tokio::test]
async fn a_file_may_be_called_anything() {
    let world = World::with(|options| options.telegram = false).await;
    let long = format!("; filename=\"{}.jpg\"", "x".repeat(3000));
    for filename in [
        &b""[..],
        b"; filename=\"a.jpg\"",
        b"; filename=a.jpg",
        b"; filename=\"\"",
        b"; filename=\"\xd1\x84\xd0\xbe\xd1\x82\xd0\xbe.jpg\"",
        b"; filename=\"caf\xe9.jpg\"",
        b"; filename=\"a\\\"b.jpg\"",
        b"; filename=\"a;b=c.jpg\"",
        b"; filename=\"x.jpg\"; filename*=UTF-8''%D1%84.jpg",
        b"; filename*=UTF-8''%D1%84.jpg",
        b"; filename=\"..\\..\\windows\\x.jpg\"",
        long.as_bytes(),
    ] {
        let mut raw = Raw::connect(&world).await;
        let body = form("b", filename);
        let headers = format!(
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n",
            body.len()
        );
        raw.asks("POST /send_message", &headers, &body).await;
        let answer = raw.hears().await.unwrap().ok();
        assert_eq!(
            answer["photo_count"],
            1,
            "{}",
            String::from_utf8_lossy(filename)
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn the_content_type_may_be_written_in_any_legal_way() {
    let world = World::with(|options| options.telegram = false).await;
    for (kind, boundary) in [
        ("multipart/form-data; boundary=\"with space\"", "with space"),
        ("Multipart/Form-Data; boundary=b", "b"),
        ("multipart/form-data;boundary=b", "b"),
        ("multipart/form-data; charset=utf-8; boundary=b", "b"),
        (
            "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk",
            "----WebKitFormBoundary7MA4YWxk",
        ),
    ] {
        let mut raw = Raw::connect(&world).await;
        let body = form(boundary, b"; filename=\"a.jpg\"");
        let headers = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        raw.asks("POST /send_message", &headers, &body).await;
        let answer = raw.hears().await.unwrap();
        assert_eq!(answer.status, 200, "{kind} {}", answer.body);
    }
    world.ends().await;
}

#[tokio::test]
async fn a_form_may_come_byte_by_byte() {
    let world = World::with(|options| options.telegram = false).await;
    let mut raw = Raw::connect(&world).await;
    let body = form("b", b"; filename=\"a.jpg\"");
    let headers = "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n";
    raw.asks("POST /send_message", headers, b"").await;
    for byte in body.chunks(1) {
        raw.chunk(byte).await;
    }
    raw.chunk(b"").await;
    assert_eq!(raw.hears().await.unwrap().ok()["photo_count"], 1);
    assert_eq!(world.phone("alice").reads().await, ["look"]);
    world.ends().await;
}

#[tokio::test]
async fn the_head_of_a_part_has_an_end() {
    let world = World::with(|options| options.telegram = false).await;
    let long = format!("; filename=\"{}.jpg\"", "x".repeat(1_000_000));
    let padded = [vec![b'x'; 1_000_000], b"\r\n".to_vec(), form("b", b"")].concat();
    for body in [form("b", long.as_bytes()), padded] {
        let mut raw = Raw::connect(&world).await;
        let headers = format!(
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n",
            body.len()
        );
        raw.asks("POST /send_message", &headers, &body).await;
        raw.hears().await.unwrap().refused(400, "invalid_multipart");
    }
    assert_eq!(world.uploaded_files(), Vec::<String>::new());
    world.ends().await;
}
