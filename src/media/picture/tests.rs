//! Headers, bombs and thumbnails.

use image::{GenericImageView, Rgba, RgbaImage};

use super::*;
use crate::media::fixtures::{
    Endian, MARKER, encoded, holds, marked_animated_webp, marked_gif, marked_jpeg, marked_png,
    marked_webp, pixels, png_bomb, with_profile,
};

fn prepared(raw: &[u8]) -> Result<Picture, MediaError> {
    prepare(raw, &Mutex::new(()))
}

fn shown(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

fn is_red(pixel: Rgba<u8>) -> bool {
    let [red, _, blue, _] = pixel.0;
    red > 150 && blue < 100
}

#[test]
fn a_turned_photo_keeps_its_orientation_and_its_thumbnail_stands_upright() {
    for (raw, kind) in [
        (marked_jpeg(800, 600, Endian::Little, 6), kinds::JPEG),
        (marked_png(800, 600, Endian::Big, 6), kinds::PNG),
        (marked_webp(800, 600, Endian::Little, 6), kinds::WEBP),
    ] {
        let picture = prepared(&raw).unwrap();
        assert_eq!(picture.kind, kind);
        assert_eq!((picture.width, picture.height), (600, 800), "{kind:?}");
        assert_eq!(
            shown(&picture.bytes).dimensions(),
            (800, 600),
            "not drawn again"
        );
        let thumbnail = shown(&picture.thumbnail);
        assert_eq!(thumbnail.dimensions(), (240, 320), "{kind:?}");
        // Red was above; turned clockwise it is on the right.
        assert!(is_red(thumbnail.get_pixel(230, 160)) && !is_red(thumbnail.get_pixel(10, 160)));
        assert!(!holds(&picture.bytes, MARKER) && !holds(&picture.thumbnail, MARKER));
    }
}

#[test]
fn thumbnails_are_small_and_never_larger_than_the_picture() {
    for (width, height, wanted) in [
        (1000, 500, (320, 160)),
        (320, 320, (320, 320)),
        (10, 7, (10, 7)),
        (2000, 2, (320, 1)),
        (1, 1, (1, 1)),
    ] {
        let picture = prepared(&encoded(ImageFormat::Png, width, height)).unwrap();
        assert_eq!(shown(&picture.thumbnail).dimensions(), wanted);
        assert_eq!(picture.thumbnail_kind, kinds::JPEG);
    }
}

#[test]
fn a_see_through_picture_has_a_see_through_thumbnail() {
    let png = |alpha| {
        let image = RgbaImage::from_pixel(400, 400, Rgba([9, 99, 199, alpha]));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        prepared(&bytes.into_inner()).unwrap()
    };
    let picture = png(40);
    assert_eq!(picture.thumbnail_kind, kinds::PNG);
    assert_eq!(
        shown(&picture.thumbnail).get_pixel(5, 5).0,
        [9, 99, 199, 40]
    );
    assert_eq!(
        png(255).thumbnail_kind,
        kinds::JPEG,
        "an alpha channel alone is no reason"
    );
}

#[test]
fn animations_are_pictures_too() {
    for (raw, kind) in [
        (marked_gif(), kinds::GIF),
        (marked_animated_webp(), kinds::WEBP),
    ] {
        let picture = prepared(&raw).unwrap();
        assert_eq!(
            (picture.kind, picture.width, picture.height),
            (kind, 40, 30)
        );
        assert!(!holds(&picture.bytes, MARKER));
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_unseen() {
    for (width, height) in [
        (60_000, 60_000),
        (7_072, 7_072),
        (u32::MAX >> 1, u32::MAX >> 1),
    ] {
        let bomb = png_bomb(width, height, 50_000);
        let refused = prepared(&bomb).err();
        assert!(
            matches!(refused, Some(MediaError::TooManyPixels { max: MAX_PIXELS })),
            "{width}×{height}: {refused:?}"
        );
    }
}

#[test]
fn other_kinds_of_headers_are_not_believed_either() {
    let mut jpeg = encoded(ImageFormat::Jpeg, 16, 16);
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    let mut gif = encoded(ImageFormat::Gif, 16, 16);
    gif[6..10].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    let mut webp = marked_webp(16, 16, Endian::Big, 1);
    webp[24..30].copy_from_slice(&[0xFF, 0x3F, 0, 0xFF, 0x3F, 0]);
    for (name, raw) in [("jpeg", jpeg), ("gif", gif), ("webp", webp)] {
        let refused = prepared(&raw).err();
        assert!(
            matches!(refused, Some(MediaError::TooManyPixels { .. })),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn a_small_gif_with_a_huge_frame_costs_no_memory() {
    let mut gif = encoded(ImageFormat::Gif, 16, 16);
    let frame = gif
        .windows(9)
        .position(|w| w == [0x2C, 0, 0, 0, 0, 16, 0, 16, 0])
        .unwrap();
    gif[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    assert!(prepared(&gif).is_err());
}

#[test]
fn what_only_looks_like_a_picture_is_none() {
    let jpeg = encoded(ImageFormat::Jpeg, 60, 60);
    let png = encoded(ImageFormat::Png, 60, 60);
    for raw in [
        &b"<!DOCTYPE html><script>alert(1)</script>"[..],
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>",
        b"GIF89a=\0;\0alert(document.domain)//",
        b"\xFF\xD8\xFF\xE0 and then nothing of the kind",
        b"RIFF\xFF\xFF\xFF\xFFWEBPVP8 ",
        b"",
        &jpeg[..40],
        &png[..40],
        &png[..png.len() / 2],
    ] {
        let refused = prepared(raw).err();
        assert!(
            matches!(refused, Some(MediaError::NotAnImage)),
            "{refused:?}"
        );
    }
}

#[test]
fn a_broken_container_with_a_picture_in_it_is_drawn_again() {
    // Cut within the scan: no end marker, but most of the picture is there.
    let jpeg = marked_jpeg(200, 100, Endian::Big, 6);
    let scan = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xDA])
        .unwrap();
    let end = scan
        + jpeg[scan..]
            .windows(2)
            .position(|pair| pair == [0xFF, 0xD9])
            .unwrap();
    let cut = &jpeg[..end - 20];
    assert_eq!(clean::clean(ImageFormat::Jpeg, cut), None);
    let picture = prepared(cut).unwrap();
    assert_eq!(picture.kind, kinds::JPEG);
    assert_eq!((picture.width, picture.height), (100, 200));
    assert_eq!(
        shown(&picture.bytes).dimensions(),
        (100, 200),
        "turned while drawing"
    );
    assert!(!holds(&picture.bytes, MARKER) && !holds(&picture.bytes, &Endian::Big.latitude()));
}

#[test]
fn a_thumbnail_carries_the_profile_its_colours_are_meant_in() {
    let profile = |space: &[u8; 4]| [&[0; 16][..], space, &[3; 108]].concat();
    let jpeg = encoded(ImageFormat::Jpeg, 400, 400);
    let thumbnail = |profile: &[u8]| prepared(&with_profile(&jpeg, profile)).unwrap().thumbnail;
    assert!(holds(&thumbnail(&profile(b"RGB ")), &profile(b"RGB ")));
    assert!(
        !holds(&thumbnail(&profile(b"CMYK")), b"CMYK"),
        "the thumbnail is RGB"
    );
}

#[test]
fn grey_and_sixteen_bit_pictures_get_thumbnails() {
    let picture = DynamicImage::from(pixels(400, 300));
    for image in [
        DynamicImage::from(picture.to_luma8()),
        DynamicImage::from(picture.to_luma_alpha8()),
        DynamicImage::from(picture.to_luma16()),
        DynamicImage::from(picture.to_rgb16()),
        DynamicImage::from(picture.to_rgba16()),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let picture = prepared(&bytes.into_inner()).unwrap();
        assert_eq!(shown(&picture.thumbnail).dimensions(), (320, 240));
    }
}
