//! Uploads: limits, refusals, and that nothing of a refused one stays.

use std::fs::{self, File};

use image::{GenericImageView, ImageFormat};
use sha2::{Digest, Sha256};

use super::*;
use crate::media::fixtures::{
    Endian, MARKER, Place, TEN_MEGABYTES, encoded, holds, marked_jpeg, marked_png, png_bomb,
};
use crate::media::serving;

#[tokio::test]
async fn a_photo_that_is_kept_is_there_with_its_thumbnail_and_nothing_else() {
    let place = Place::new().await;
    let raw = marked_jpeg(800, 600, Endian::Big, 8);
    let stored = place.photo(&raw).await.unwrap();
    let file = stored.keep();

    let thumb = file.thumb.clone().unwrap();
    let mut both = vec![file.name.clone(), thumb.clone()];
    both.sort();
    assert_eq!(place.files(), both);
    let content = place.uploads.read(&file.name).await.unwrap();
    assert_eq!(file.size, content.len() as u64);
    assert_eq!(file.sha256, <[u8; 32]>::from(Sha256::digest(&raw)));
    assert_eq!((file.width, file.height), (Some(600), Some(800)));
    assert_eq!(
        (file.mime.as_str(), file.original_name),
        ("image/jpeg", None)
    );
    assert!(file.name.ends_with(".jpg") && serving(&file.name).inline);
    assert!(!holds(&content, MARKER));
    let small = image::load_from_memory(&place.uploads.read(&thumb).await.unwrap());
    assert_eq!(small.unwrap().dimensions(), (240, 320));
    assert_eq!(
        place.uploads.path(&file.name),
        Some(place.uploads.dir().join(&file.name))
    );
}

#[tokio::test]
async fn whatever_is_dropped_leaves_nothing_behind() {
    let place = Place::new().await;
    drop(place.arriving(b"half a file").await);
    assert_eq!(place.files(), [""; 0], "an upload cut off");

    drop(
        place
            .photo(&encoded(ImageFormat::Png, 500, 500))
            .await
            .unwrap(),
    );
    assert_eq!(place.files(), [""; 0], "a photo without a row");

    drop(place.document(b"%PDF-1.7", "a.pdf").await);
    assert_eq!(place.files(), [""; 0], "a document without a row");
}

#[tokio::test]
async fn whatever_is_refused_leaves_nothing_behind() {
    let place = Place::new().await;
    for raw in [
        &b"<html>photo.jpg</html>"[..],
        b"",
        b"GIF89a and no more",
        &png_bomb(60_000, 60_000, 50_000),
        &encoded(ImageFormat::Png, 50, 50)[..60],
    ] {
        assert!(place.photo(raw).await.is_err());
        assert_eq!(place.files(), [""; 0]);
    }
}

#[tokio::test]
async fn the_limit_is_the_last_byte_that_passes() {
    let place = Place::new().await;
    let mut incoming = place.uploads.begin(10).await.unwrap();
    incoming.write(b"0123456").await.unwrap();
    incoming.write(b"789").await.unwrap();
    assert_eq!(incoming.received(), 10);
    let refused = incoming.write(b"!").await;
    assert!(matches!(refused, Err(MediaError::TooLarge { limit: 10 })));
    let refused = incoming.finish_any(None).await;
    assert!(
        matches!(refused, Err(MediaError::TooLarge { limit: 10 })),
        "it stays refused"
    );
    assert_eq!(place.files(), [""; 0]);

    let mut exact = place.uploads.begin(10).await.unwrap();
    exact.write(b"0123456789").await.unwrap();
    assert_eq!(exact.finish_any(None).await.unwrap().keep().size, 10);
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_leaves_nothing_behind() {
    // Linux's device that is always full; the draft beside it is an ordinary file.
    let place = Place::new().await;
    for length in [100, 1024 * 1024] {
        let (draft, _) = Draft::create(place.uploads.dir()).unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut incoming = Incoming::new(place.uploads.clone(), draft, full, TEN_MEGABYTES);
        let mut written = Ok(());
        for chunk in vec![b'x'; length].chunks(64 * 1024) {
            written = written.and(incoming.write(chunk).await);
        }
        let finished = match written {
            Ok(()) => incoming.finish_any(None).await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(
            matches!(finished, Err(MediaError::DiskFull)),
            "{finished:?}"
        );
    }
    assert_eq!(place.files(), [""; 0]);
}

#[tokio::test]
async fn a_folder_that_vanishes_is_an_error_and_no_success() {
    let place = Place::new().await;
    let incoming = place.arriving(&encoded(ImageFormat::Png, 20, 20)).await;
    fs::remove_dir_all(place.uploads.dir()).unwrap();
    assert!(matches!(
        incoming.finish_image().await,
        Err(MediaError::Io(_))
    ));
    assert!(matches!(
        place.uploads.begin(1).await,
        Err(MediaError::Io(_))
    ));
}

#[tokio::test]
async fn an_agents_file_is_named_after_its_content_and_shown_under_its_own_name() {
    let place = Place::new().await;
    for (content, claimed, mime, extension, shown) in [
        (
            &b"%PDF-1.7 words"[..],
            "../счёт.pdf",
            "application/pdf",
            ".pdf",
            "счёт.pdf",
        ),
        (b"OggS\0\x02voice", "voice", "audio/ogg", ".ogg", "voice"),
        (
            b"<html></html>",
            "page.jpg",
            "application/octet-stream",
            ".bin",
            "page.jpg",
        ),
        (
            b"<svg/>",
            "a\\b.svg",
            "application/octet-stream",
            ".bin",
            "b.svg",
        ),
        (b"", "empty", "application/octet-stream", ".bin", "empty"),
    ] {
        let file = place.document(content, claimed).await.keep();
        assert_eq!(
            (file.mime.as_str(), file.size),
            (mime, content.len() as u64)
        );
        assert!(file.name.ends_with(extension), "{}", file.name);
        assert_eq!(file.original_name.as_deref(), Some(shown));
        assert_eq!((file.thumb, file.width, file.height), (None, None, None));
        assert_eq!(place.uploads.read(&file.name).await.unwrap(), content);
    }
}

#[tokio::test]
async fn an_agents_picture_is_cleaned_like_any_photo() {
    let place = Place::new().await;
    let raw = marked_png(40, 20, Endian::Little, 6);
    let file = place.document(&raw, "IMG 1.png").await.keep();
    assert!(!holds(
        &place.uploads.read(&file.name).await.unwrap(),
        MARKER
    ));
    assert_eq!((file.width, file.height), (Some(20), Some(40)));
    assert!(file.thumb.is_some());
    assert_eq!(file.original_name.as_deref(), Some("IMG 1.png"));
}

#[tokio::test]
async fn an_agents_picture_nobody_can_decode_is_a_plain_download() {
    let place = Place::new().await;
    let check = async |file: StoredFile, content: &[u8]| {
        assert_eq!(place.uploads.read(&file.name).await.unwrap(), content);
        assert_eq!(file.size, content.len() as u64);
        assert!(file.name.ends_with(".bin") && !serving(&file.name).inline);
        assert_eq!(
            (file.mime.as_str(), file.thumb),
            ("application/octet-stream", None)
        );
    };
    let broken = &encoded(ImageFormat::Png, 50, 50)[..60];
    check(place.document(broken, "a.png").await.keep(), broken).await;

    let huge = png_bomb(60_000, 60_000, 5_000);
    let marked = [&huge[..], MARKER].concat();
    check(place.document(&marked, "b.png").await.keep(), &huge).await;
}

#[test]
fn a_caller_who_goes_away_while_the_photo_is_decoded_leaves_nothing_behind() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let place = runtime.block_on(Place::new());
    let mut large = std::io::Cursor::new(Vec::new());
    let picture = image::DynamicImage::new_luma8(3600, 3600);
    picture.write_to(&mut large, ImageFormat::Png).unwrap();

    // Another large picture is being decoded, so this one waits in the middle of its work.
    let other = place.uploads.large_picture().lock().unwrap();
    runtime.block_on(async {
        let incoming = place.arriving(large.get_ref()).await;
        let caller = tokio::spawn(incoming.finish_image());
        while place.uploads.all_turns_are_free() {
            tokio::task::yield_now().await;
        }
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
    });
    drop(other);
    drop(runtime); // waits for work on blocking threads, and drops what comes of it
    assert_eq!(place.files(), [""; 0]);
}

#[tokio::test]
async fn uploads_at_the_same_time_do_not_disturb_each_other() {
    let place = Place::new().await;
    let photos = (1..=8).map(|n| {
        let uploads = place.uploads.clone();
        tokio::spawn(async move {
            let raw = encoded(ImageFormat::Jpeg, 100 * n, 50);
            let mut incoming = uploads.begin(TEN_MEGABYTES).await.unwrap();
            incoming.write(&raw).await.unwrap();
            (n, incoming.finish_image().await.unwrap().keep())
        })
    });
    for task in photos.collect::<Vec<_>>() {
        let (n, file) = task.await.unwrap();
        assert_eq!(file.width, Some(100 * n));
    }
    assert_eq!(place.files().len(), 16);
}
