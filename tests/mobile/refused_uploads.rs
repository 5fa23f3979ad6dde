//! Uploads that are refused, cut off or abandoned: an answer that says why, no row, no file.

use std::time::Duration;

use reqwest::multipart::{Form, Part};

use crate::world::{Answer, Raw, World, png};

const MB10: usize = 10 * 1024 * 1024;
const BOUNDARY: &str = "story";

fn part_head(name: &str, file: Option<&str>) -> Vec<u8> {
    let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
        .into_bytes()
}

/// A form with a user, a text and these photos, as bytes.
fn form(photos: &[&[u8]]) -> Vec<u8> {
    let mut body = part_head("user_id", None);
    body.extend(b"alice\r\n");
    for photo in photos {
        body.extend(part_head("photo", Some("photo.jpg")));
        body.extend(*photo);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

fn form_type() -> String {
    format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n")
}

#[track_caller]
fn left_nothing(world: &World) {
    assert_eq!(world.rows("messages"), 0);
    assert_eq!(world.rows("contacts"), 0);
    assert_eq!(world.uploaded_files(), Vec::<String>::new());
}

async fn nothing_is_left(world: &World) {
    world
        .until("an empty folder", async || {
            world.uploaded_files().is_empty()
        })
        .await;
    left_nothing(world);
}

fn too_large(answer: &Answer) {
    answer.refused(413, "photo_too_large");
    assert_eq!(answer.body["field"], "photo");
}

#[tokio::test]
async fn what_is_no_photo_is_refused_whatever_it_is_called() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut forged = b"\x89PNG\r\n\x1a\n".to_vec();
    forged.extend(b"<script>alert(1)</script>");
    let broken = png(50, 50)[..60].to_vec();
    let cases: [&[u8]; 9] = [
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
        b"<?xml version=\"1.0\"?><svg/>",
        b"%PDF-1.7 nothing",
        b"BM just a bitmap",
        b"words",
        b"",
        &forged,
        &broken,
    ];
    for bytes in cases {
        let good = png(10, 10);
        for photos in [vec![bytes.to_vec()], vec![good, bytes.to_vec()]] {
            let answer = alice.sends_photos("hi", photos).await;
            answer.refused(415, "not_an_image");
            assert_eq!(answer.body["field"], "photo");
        }
    }
    left_nothing(&world);
    world.ends().await;
}

#[tokio::test]
async fn a_byte_over_ten_megabytes_is_too_large() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut photo = png(10, 10);
    photo.resize(MB10 + 1, 0);
    too_large(&alice.sends_photos("hi", vec![photo.clone()]).await);
    too_large(&alice.sends_photos("hi", vec![png(4, 4), photo]).await);
    left_nothing(&world);
    world.ends().await;
}

#[tokio::test]
async fn an_eleventh_photo_is_one_too_many() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let answer = alice.sends_photos("hi", vec![png(8, 8); 11]).await;
    answer.refused(400, "too_many_photos");
    assert_eq!(answer.body["field"], "photo");
    left_nothing(&world);
    world.ends().await;
}

#[tokio::test]
async fn a_picture_of_sixty_thousand_squared_is_refused_by_its_header() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut huge = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(60_000_u32.to_be_bytes());
    header.extend(60_000_u32.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    for chunk in [
        header,
        [&b"IDAT"[..], &[0; 50_000]].concat(),
        b"IEND".to_vec(),
    ] {
        huge.extend(u32::try_from(chunk.len() - 4).unwrap().to_be_bytes());
        huge.extend(&chunk);
        huge.extend(checksum(&chunk).to_be_bytes());
    }
    let answer = alice.sends_photos("hi", vec![huge]).await;
    answer.refused(413, "too_many_pixels");
    assert_eq!(answer.body["field"], "photo");
    left_nothing(&world);
    world.ends().await;
}

/// CRC-32 as PNG wants it.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[tokio::test]
async fn without_a_length_the_bytes_are_counted_while_they_come() {
    let world = World::start().await;
    let mut raw = Raw::connect(&world).await;
    let headers = format!("{}Transfer-Encoding: chunked\r\n", form_type());
    raw.asks("POST /send_message", &headers, b"").await;
    let mut photo = png(10, 10);
    photo.resize(MB10 + 1, 0);
    for chunk in form(&[&photo]).chunks(256 * 1024) {
        raw.chunk(chunk).await;
    }
    raw.chunk(b"").await;
    too_large(&raw.hears().await.unwrap());
    left_nothing(&world);

    // The same way a good one is taken.
    let mut raw = Raw::connect(&world).await;
    raw.asks("POST /send_message", &headers, b"").await;
    raw.chunk(&form(&[&png(10, 10)])).await;
    raw.chunk(b"").await;
    raw.hears().await.unwrap().ok();
    world.ends().await;
}

#[tokio::test]
async fn a_length_that_says_too_little_gets_nothing_past() {
    let world = World::start().await;
    let mut photo = png(10, 10);
    photo.resize(MB10 + 1, 0);
    let body = form(&[&photo]);
    for claimed in [1, 1000, MB10] {
        let mut raw = Raw::connect(&world).await;
        let headers = format!("{}Content-Length: {claimed}\r\n", form_type());
        raw.asks("POST /send_message", &headers, &body).await;
        let answer = raw.hears().await.unwrap();
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert_eq!(
            answer.body["code"], "invalid_multipart",
            "{claimed} {answer:?}"
        );
        nothing_is_left(&world).await;
    }
    world.ends().await;
}

#[tokio::test]
async fn a_length_that_says_too_much_is_cut_off_after_a_while() {
    let world = World::start().await;
    let mut raw = Raw::connect(&world).await;
    let headers = format!("{}Content-Length: 5000000\r\n", form_type());
    let body = form(&[&png(10, 10)]);
    raw.asks("POST /send_message", &headers, &body[..body.len() - 20])
        .await;
    let (answer, ()) = tokio::join!(raw.hears(), world.passes(Duration::from_secs(120)));
    answer.unwrap().refused(400, "upload_timed_out");
    nothing_is_left(&world).await;
    world.ends().await;
}

#[tokio::test]
async fn a_body_that_drips_is_cut_off() {
    let world = World::start().await;
    let mut raw = Raw::connect(&world).await;
    let headers = format!("{}Content-Length: 5000000\r\n", form_type());
    let mut start = form(&[&png(10, 10)]);
    start.truncate(start.len() - 20);
    raw.asks("POST /send_message", &headers, &start).await;
    // A byte every ten seconds never pauses for long, and is too slow all the same.
    let dripping = async {
        for _ in 0..30 {
            world.passes(Duration::from_secs(10)).await;
            raw.says(b"x").await;
        }
    };
    dripping.await;
    let answer = raw.hears().await.unwrap();
    answer.refused(400, "upload_timed_out");
    nothing_is_left(&world).await;
    world.ends().await;
}

#[tokio::test]
async fn who_leaves_in_the_middle_of_an_upload_leaves_nothing_behind() {
    let world = World::start().await;
    let body = form(&[&png(300, 300), &png(301, 301)]);
    for share in [2, 3, 10] {
        let mut raw = Raw::connect(&world).await;
        let headers = format!("{}Content-Length: {}\r\n", form_type(), body.len());
        let cut = body.len() - body.len() / share;
        raw.asks("POST /send_message", &headers, &body[..cut]).await;
        world
            .until("an upload under way", async || {
                !world.uploaded_files().is_empty()
            })
            .await;
        drop(raw);
        nothing_is_left(&world).await;
    }
    world.ends().await;
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    let world = World::start().await;
    let whole = form(&[&png(10, 10)]);
    let cases: [(String, &[u8], u16, &str); 5] = [
        (form_type(), b"", 400, "invalid_multipart"),
        (
            form_type(),
            b"no boundary in here",
            400,
            "invalid_multipart",
        ),
        (
            form_type(),
            &whole[..whole.len() - 30],
            400,
            "invalid_multipart",
        ),
        (
            "Content-Type: multipart/form-data\r\n".to_owned(),
            &whole,
            415,
            "unsupported_content_type",
        ),
        (
            "Content-Type: multipart/form-data; boundary=\r\n".to_owned(),
            &whole,
            400,
            "invalid_multipart",
        ),
    ];
    for (kind, body, status, code) in cases {
        let mut raw = Raw::connect(&world).await;
        let headers = format!("{kind}Content-Length: {}\r\n", body.len());
        raw.asks("POST /send_message", &headers, body).await;
        let answer = raw.hears().await.unwrap();
        answer.refused(status, code);
        nothing_is_left(&world).await;
    }
    world.ends().await;
}

#[tokio::test]
async fn a_good_photo_goes_with_a_field_that_is_refused() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let photo = || Part::bytes(png(20, 20)).file_name("x.png");
    let forms = [
        Form::new()
            .part("photo", photo())
            .text("message", "no user"),
        Form::new().part("photo", photo()).text("user_id", "a\u{7}"),
        Form::new()
            .part("photo", photo())
            .text("user_id", "a")
            .text("message", "x".repeat(16_001)),
        Form::new()
            .part("photo", photo())
            .text("user_id", "a")
            .text("message", "x".repeat(600 * 1024)),
        Form::new()
            .part("photo", photo())
            .text("user_id", "a")
            .text("user_name", "x".repeat(257)),
        Form::new()
            .part("photo", photo())
            .text("user_id", "a")
            .text("client_msg_id", ""),
        Form::new()
            .part("photo", photo())
            .part("user_id", Part::bytes(vec![0xff, 0xfe])),
    ];
    for form in forms {
        let answer = alice.sends_form(form).await;
        assert!(
            matches!(answer.status, 400 | 413),
            "{} {}",
            answer.status,
            answer.body
        );
        assert!(answer.body["field"].is_string(), "{}", answer.body);
    }
    left_nothing(&world);
    world.ends().await;
}

#[tokio::test]
async fn a_message_that_can_not_be_stored_leaves_no_file() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let sql = world.sql();
    sql.execute_batch(
        "CREATE TRIGGER broken BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'broken'); END",
    )
    .unwrap();
    world.expects_warning("a request failed");
    let answer = alice.sends_photos("hi", vec![png(20, 20)]).await;
    answer.refused(500, "internal");
    assert!(
        !answer.body["error"].as_str().unwrap().contains("broken"),
        "{}",
        answer.body
    );
    nothing_is_left(&world).await;
    sql.execute_batch("DROP TRIGGER broken").unwrap();
    alice.sends_photos("hi", vec![png(20, 20)]).await.ok();
    assert_eq!(world.uploaded_files().len(), 2);
    world.ends().await;
}
