//! `GET /uploads/{filename}`.

use reqwest::{Method, RequestBuilder, Response};

use crate::world::{Raw, World, png};

/// A world with one photo in it: its path and its bytes.
async fn with_photo() -> (World, String, Vec<u8>) {
    let world = World::with(|options| options.telegram = false).await;
    let answer = world
        .phone("alice")
        .sends_photos("", vec![png(60, 40)])
        .await
        .ok();
    let path = answer["photo_url"].as_str().unwrap().to_owned();
    let name = path.trim_start_matches("/uploads/");
    let bytes = std::fs::read(world.uploads().join(name)).unwrap();
    (world, path, bytes)
}

fn get(world: &World, path: &str) -> RequestBuilder {
    world.http.get(world.url(path))
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_file_comes_whole_with_headers_that_keep_it_harmless() {
    let (world, path, bytes) = with_photo().await;
    let answer = sent(get(&world, &path)).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "image/png");
    assert_eq!(header(&answer, "content-length"), bytes.len().to_string());
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    assert_eq!(header(&answer, "accept-ranges"), "bytes");
    let cache = header(&answer, "cache-control");
    assert!(
        cache.contains("immutable") && cache.contains("max-age=31536000"),
        "{cache}"
    );
    let policy = header(&answer, "content-security-policy");
    assert!(
        policy.contains("sandbox") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    assert!(header(&answer, "content-disposition").starts_with("inline"));
    assert!(header(&answer, "etag").len() > 2);
    assert_eq!(answer.bytes().await.unwrap(), bytes);
    let slash = sent(get(&world, &format!("{path}/"))).await;
    assert_eq!(slash.status(), 200);
    world.ends().await;
}

#[tokio::test]
async fn head_tells_the_same_without_the_file() {
    let (world, path, _) = with_photo().await;
    let get = sent(get(&world, &path)).await;
    let head = sent(world.http.request(Method::HEAD, world.url(&path))).await;
    assert_eq!(head.status(), 200);
    for name in [
        "content-type",
        "content-length",
        "etag",
        "cache-control",
        "accept-ranges",
        "content-security-policy",
        "content-disposition",
    ] {
        assert_eq!(header(&head, name), header(&get, name), "{name}");
        assert_ne!(header(&head, name), "", "{name}");
    }
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    let part = world.http.request(Method::HEAD, world.url(&path));
    let part = sent(part.header("range", "bytes=0-3")).await;
    assert_eq!(
        header(&part, "content-length"),
        header(&get, "content-length")
    );
    let unknown = sent(
        world
            .http
            .request(Method::HEAD, world.url("/uploads/x.png")),
    )
    .await;
    assert_eq!(unknown.status(), 404);
    world.ends().await;
}

#[tokio::test]
async fn a_range_gets_its_part() {
    let (world, path, bytes) = with_photo().await;
    let size = bytes.len();
    let last = size - 1;
    for (range, from, to) in [
        ("bytes=0-0".to_owned(), 0, 0),
        ("bytes=0-9".to_owned(), 0, 9),
        ("bytes=10-".to_owned(), 10, last),
        ("bytes=-5".to_owned(), size - 5, last),
        (format!("bytes={last}-"), last, last),
        (format!("bytes={last}-{last}"), last, last),
        // Players ask for a megabyte of whatever there is.
        ("bytes=5-1048575".to_owned(), 5, last),
        ("bytes=1-18446744073709551615".to_owned(), 1, last),
    ] {
        let answer = sent(get(&world, &path).header("range", &range)).await;
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(
            header(&answer, "content-range"),
            format!("bytes {from}-{to}/{size}")
        );
        assert_eq!(
            header(&answer, "content-length"),
            (to - from + 1).to_string()
        );
        assert_eq!(header(&answer, "content-type"), "image/png");
        assert_eq!(answer.bytes().await.unwrap(), bytes[from..=to], "{range}");
    }
    world.ends().await;
}

#[tokio::test]
async fn the_whole_as_a_range_is_the_whole() {
    let (world, path, bytes) = with_photo().await;
    for range in [
        "bytes=0-".to_owned(),
        "bytes=0-99999999".to_owned(),
        format!("bytes=-{}", bytes.len() + 10),
    ] {
        let answer = sent(get(&world, &path).header("range", &range)).await;
        assert!(
            matches!(answer.status().as_u16(), 200 | 206),
            "{range} {}",
            answer.status()
        );
        assert_eq!(answer.bytes().await.unwrap(), bytes, "{range}");
    }
    world.ends().await;
}

#[tokio::test]
async fn a_range_outside_the_file_is_told_and_nonsense_is_ignored() {
    let (world, path, bytes) = with_photo().await;
    let size = bytes.len();
    for range in [
        format!("bytes={size}-"),
        "bytes=99999999-".to_owned(),
        format!("bytes={size}-{}", size + 5),
    ] {
        let answer = sent(get(&world, &path).header("range", &range)).await;
        assert_eq!(answer.status(), 416, "{range}");
        assert_eq!(header(&answer, "content-range"), format!("bytes */{size}"));
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "range_not_satisfiable");
    }
    for range in [
        "bytes=",
        "bytes=x-y",
        "lines=1-2",
        "bytes=5-2",
        "bytes",
        "bytes=--1",
        "bytes=0-1,3-4",
        "\u{7f}",
    ] {
        let Ok(value) = reqwest::header::HeaderValue::from_str(range) else {
            continue;
        };
        let answer = sent(get(&world, &path).header("range", value)).await;
        assert_eq!(answer.status(), 200, "{range}");
        assert_eq!(answer.bytes().await.unwrap(), bytes, "{range}");
    }
    world.ends().await;
}

#[tokio::test]
async fn a_copy_that_is_still_right_is_not_sent_again() {
    let (world, path, bytes) = with_photo().await;
    let etag = header(&sent(get(&world, &path)).await, "etag").to_owned();
    for known in [
        etag.clone(),
        format!("\"other\", {etag}"),
        format!("W/{etag}"),
        "*".to_owned(),
    ] {
        let answer = sent(get(&world, &path).header("if-none-match", &known)).await;
        assert_eq!(answer.status(), 304, "{known}");
        assert_eq!(header(&answer, "etag"), etag);
        assert!(header(&answer, "cache-control").contains("immutable"));
        assert_eq!(answer.bytes().await.unwrap().len(), 0);
    }
    let answer = sent(get(&world, &path).header("if-none-match", "\"other\"")).await;
    assert_eq!(answer.bytes().await.unwrap(), bytes);
    // A part is only good beside the parts of the same file.
    let part = get(&world, &path).header("range", "bytes=0-3");
    let answer = sent(part.try_clone().unwrap().header("if-range", &etag)).await;
    assert_eq!(answer.status(), 206);
    let answer = sent(part.header("if-range", "\"other\"")).await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.bytes().await.unwrap().len()
        ),
        (200, bytes.len())
    );
    world.ends().await;
}

#[tokio::test]
async fn odd_names_are_not_found() {
    let (world, path, _) = with_photo().await;
    let name = path.trim_start_matches("/uploads/").to_owned();
    std::fs::write(world.uploads().join("secret.txt"), "x").unwrap();
    std::fs::write(
        world
            .uploads()
            .join(".tmp-0123456789abcdef0123456789abcdef"),
        "x",
    )
    .unwrap();
    let upper = name.to_uppercase();
    for odd in [
        "",
        "/",
        ".",
        "..",
        "%2e%2e",
        "..%2fdesk.db",
        "..%2Fdesk.db",
        "..%5cdesk.db",
        "%2e%2e%2fdesk.db",
        "%2fetc%2fpasswd",
        "secret.txt",
        ".tmp-0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef.png",
        "x%00.png",
        "%FF",
        &upper,
        &format!("{name}%00"),
        &format!("./{name}"),
        &format!("x/../{name}"),
        &format!("{name}/x"),
        &format!("{name}."),
        &format!(" {name}").replace(' ', "%20"),
        &format!("%2e%2fuploads%2f{name}"),
    ] {
        let mut raw = Raw::connect(&world).await;
        raw.asks(&format!("GET /uploads/{odd}"), "", b"").await;
        let answer = raw.hears().await.unwrap();
        assert!(
            matches!(answer.status, 404),
            "{odd} {} {}",
            answer.status,
            answer.body
        );
        assert_eq!(answer.body["code"], "not_found", "{odd}");
    }
    world.ends().await;
}

#[tokio::test]
async fn what_is_no_picture_sound_or_video_is_a_download() {
    let (world, _, _) = with_photo().await;
    let stem = "0123456789abcdef0123456789abcdef";
    for (extension, kind, disposition) in [
        ("bin", "application/octet-stream", "attachment"),
        ("pdf", "application/pdf", "attachment"),
        ("svg", "application/octet-stream", "attachment"),
        ("html", "application/octet-stream", "attachment"),
        ("mp4", "video/mp4", "inline"),
        ("ogg", "audio/ogg", "inline"),
        ("jpg", "image/jpeg", "inline"),
    ] {
        let name = format!("{stem}.{extension}");
        std::fs::write(world.uploads().join(&name), "<script>alert(1)</script>").unwrap();
        let answer = sent(get(&world, &format!("/uploads/{name}"))).await;
        assert_eq!(answer.status(), 200, "{name}");
        assert_eq!(header(&answer, "content-type"), kind);
        assert!(
            header(&answer, "content-disposition").starts_with(disposition),
            "{name}"
        );
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert!(header(&answer, "content-security-policy").contains("sandbox"));
    }
    world.ends().await;
}

#[tokio::test]
async fn an_empty_file_is_served_as_one() {
    let (world, _, _) = with_photo().await;
    let name = "0123456789abcdef0123456789abcdef.bin";
    std::fs::write(world.uploads().join(name), "").unwrap();
    for range in ["", "bytes=0-", "bytes=0-5", "bytes=-5"] {
        let answer = sent(get(&world, &format!("/uploads/{name}")).header("range", range)).await;
        assert!(
            matches!(answer.status().as_u16(), 200 | 416),
            "{range} {}",
            answer.status()
        );
    }
    world.ends().await;
}
