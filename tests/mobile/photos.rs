//! `POST /send_message` with photos that are taken.

use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::world::{Answer, Phone, World, gif, jpeg, png, webp};

const MB10: usize = 10 * 1024 * 1024;

async fn sends_named(phone: &Phone, name: &str, mime: &str, bytes: Vec<u8>) -> Answer {
    let part = Part::bytes(bytes)
        .file_name(name.to_owned())
        .mime_str(mime)
        .unwrap();
    let form = Form::new()
        .text("user_id", phone.user_id.clone())
        .part("photo", part);
    phone.sends_form(form).await
}

async fn served(world: &World, url: &str) -> Vec<u8> {
    let answer = world.http.get(world.url(url)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn content_decides_and_not_the_name() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let cases = [
        (png(30, 20), "png", "image/png"),
        (jpeg(30, 20), "jpg", "image/jpeg"),
        (gif(30, 20), "gif", "image/gif"),
        (webp(30, 20), "webp", "image/webp"),
    ];
    for (bytes, extension, mime) in cases {
        for name in [
            "a.txt",
            "page.html",
            "../../etc/passwd",
            "..\\x.exe",
            "a\u{202e}gpj.exe",
            "",
        ] {
            let answer = sends_named(&alice, name, "text/html", bytes.clone())
                .await
                .ok();
            let url = answer["photo_url"].as_str().unwrap();
            assert!(
                url.starts_with("/uploads/") && url.ends_with(&format!(".{extension}")),
                "{url}"
            );
            let file = world.http.get(world.url(url)).send().await.unwrap();
            assert_eq!(file.headers()["content-type"], mime);
            let picture = image::load_from_memory(&file.bytes().await.unwrap()).unwrap();
            assert_eq!((picture.width(), picture.height()), (30, 20));
        }
    }
    let outside = std::fs::read_dir(world.uploads().parent().unwrap()).unwrap();
    let names: Vec<_> = outside.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().contains("passwd")),
        "{names:?}"
    );
    world.ends().await;
}

#[tokio::test]
async fn photos_come_back_in_their_order_with_thumbnails() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let photos: Vec<_> = (1..=10).map(|number| png(400 + number, 300)).collect();
    let answer = alice.sends_photos("ten", photos).await.ok();
    let urls = answer["photo_urls"].as_array().unwrap().clone();
    assert_eq!((urls.len(), &answer["photo_count"]), (10, &json!(10)));
    assert_eq!(answer["photo_url"], urls[0]);
    for (number, url) in (1..).zip(&urls) {
        let picture =
            image::load_from_memory(&served(&world, url.as_str().unwrap()).await).unwrap();
        assert_eq!(picture.width(), 400 + number);
    }
    let history = alice.history("").await;
    let item = history["messages"][0].clone();
    assert_eq!(
        (&item["photo_url"], &item["photo_urls"]),
        (&urls[0], &json!(urls))
    );
    for (attachment, url) in item["attachments"].as_array().unwrap().iter().zip(&urls) {
        assert_eq!(&attachment["url"], url);
        assert_eq!(
            (&attachment["kind"], &attachment["mime"]),
            (&json!("photo"), &json!("image/png"))
        );
        let bytes = served(&world, url.as_str().unwrap()).await;
        assert_eq!(attachment["size"], bytes.len());
        let thumb = served(&world, attachment["thumb_url"].as_str().unwrap()).await;
        let thumb = image::load_from_memory(&thumb).unwrap();
        assert_eq!(thumb.width(), 320);
    }
    assert_eq!(world.uploaded_files().len(), 20);
    world.ends().await;
}

#[tokio::test]
async fn text_may_be_blank_or_missing_beside_a_photo() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends_photos("", vec![png(4, 4)]).await.ok();
    alice.sends_photos(" \n", vec![png(4, 4)]).await.ok();
    let part = Part::bytes(png(4, 4)).file_name("x.png");
    let form = Form::new().text("user_id", "alice").part("photo", part);
    alice.sends_form(form).await.ok();
    assert_eq!(alice.reads().await, ["", " \n", ""]);
    world.ends().await;
}

#[tokio::test]
async fn a_file_input_without_a_file_is_no_photo() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let empty = Part::bytes(Vec::new()).file_name("");
    let form = Form::new()
        .text("user_id", "alice")
        .text("message", "just words")
        .part("photo", empty);
    let answer = alice.sends_form(form).await.ok();
    assert_eq!(
        (&answer["photo_count"], &answer["photo_urls"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(world.uploaded_files(), Vec::<String>::new());
    world.ends().await;
}

#[tokio::test]
async fn exactly_ten_megabytes_are_taken() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let mut photo = jpeg(60, 40);
    photo.resize(MB10, 0);
    let answer = alice.sends_photos("large", vec![photo]).await.ok();
    assert_eq!(answer["photo_count"], 1);
    world.ends().await;
}

/// A JPEG with a place, a camera and a comment in it, lying on its side.
fn with_metadata(width: u32, height: u32) -> Vec<u8> {
    // TIFF: little endian, one directory with Make (the secret) and Orientation 6.
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend(b"\x0f\x01\x02\0\x0e\0\0\0\x26\0\0\0");
    tiff.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    tiff.extend(b"\0\0\0\0SECRET-CAMERA\0");
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker][..], &length, body].concat()
    };
    let exif = [&b"Exif\0\0"[..], &tiff].concat();
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET-PLACE</x:xmpmeta>";
    let plain = jpeg(width, height);
    let mut photo = plain[..2].to_vec();
    photo.extend(segment(0xe1, &exif));
    photo.extend(segment(0xe1, xmp));
    photo.extend(segment(0xfe, b"SECRET-COMMENT"));
    photo.extend(&plain[2..]);
    photo.extend(b"SECRET-TAIL");
    photo
}

#[tokio::test]
async fn the_served_file_tells_neither_place_nor_camera_and_stands_upright() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice
        .sends_photos("", vec![with_metadata(40, 20)])
        .await
        .ok();
    for name in world.uploaded_files() {
        let bytes = std::fs::read(world.uploads().join(&name)).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"SECRET"), "{name}");
    }
    let history = alice.history("").await;
    let attachment = history["messages"][0]["attachments"][0].clone();
    let photo = served(&world, attachment["url"].as_str().unwrap()).await;
    let mut decoder = image::ImageReader::new(std::io::Cursor::new(&photo))
        .with_guessed_format()
        .unwrap()
        .into_decoder()
        .unwrap();
    let orientation = image::ImageDecoder::orientation(&mut decoder).unwrap();
    let mut picture = image::DynamicImage::from_decoder(decoder).unwrap();
    picture.apply_orientation(orientation);
    assert_eq!((picture.width(), picture.height()), (20, 40));
    let thumb = served(&world, attachment["thumb_url"].as_str().unwrap()).await;
    let thumb = image::load_from_memory(&thumb).unwrap();
    assert_eq!((thumb.width(), thumb.height()), (20, 40));
    world.ends().await;
}
