//! Planted metadata, animations and damage: what cleaning takes out and what it leaves.

use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageReader};
use proptest::prelude::*;
use std::io::Cursor;

use super::*;
use crate::media::fixtures::{
    Endian, MARKER, encoded, holds, marked_animated_webp, marked_gif, marked_jpeg, marked_png,
    marked_webp, png_chunk, with_profile,
};

const BOTH: [Endian; 2] = [Endian::Little, Endian::Big];

fn cleaned(data: &[u8]) -> Vec<u8> {
    clean(format(data).unwrap(), data).unwrap()
}

fn decoded(data: &[u8]) -> DynamicImage {
    image::load_from_memory(data).unwrap()
}

fn orientation(data: &[u8]) -> Orientation {
    ImageReader::new(Cursor::new(data))
        .with_guessed_format()
        .unwrap()
        .into_decoder()
        .unwrap()
        .orientation()
        .unwrap()
}

/// What a camera, a phone or an editor could have written, in all three containers that can hold EXIF.
fn photos(endian: Endian, orientation: u16) -> [(&'static str, Vec<u8>); 3] {
    [
        ("jpeg", marked_jpeg(64, 48, endian, orientation)),
        ("png", marked_png(64, 48, endian, orientation)),
        ("webp", marked_webp(64, 48, endian, orientation)),
    ]
}

#[test]
fn the_place_a_photo_was_taken_at_is_gone() {
    for endian in BOTH {
        for (name, photo) in photos(endian, 6) {
            assert!(
                holds(&photo, &endian.latitude()),
                "{name}: the fixture has a place"
            );
            let cleaned = cleaned(&photo);
            assert!(!holds(&cleaned, &endian.latitude()), "{name} {endian:?}");
            // Neither the GPS directory's tag in either byte order, nor any other text.
            assert!(!holds(&cleaned, MARKER), "{name} {endian:?}");
            assert!(
                !holds(&cleaned, b"xmp") && !holds(&cleaned, b"ns.adobe.com"),
                "{name}"
            );
        }
    }
}

#[test]
fn what_is_kept_of_exif_is_the_orientation_alone() {
    for endian in BOTH {
        for value in 1..=8 {
            let wanted = Orientation::from_exif(value).unwrap();
            for (name, photo) in photos(endian, u16::from(value)) {
                let cleaned = cleaned(&photo);
                assert_eq!(orientation(&cleaned), wanted, "{name} {endian:?} {value}");
                let mut decoder = ImageReader::new(Cursor::new(&cleaned))
                    .with_guessed_format()
                    .unwrap()
                    .into_decoder()
                    .unwrap();
                let left = decoder.exif_metadata().unwrap();
                match value {
                    1 => assert_eq!(left, None, "{name}"),
                    _ => assert_eq!(left.unwrap(), exif::minimal(wanted), "{name}"),
                }
                assert_eq!(decoder.xmp_metadata().unwrap(), None, "{name}");
                assert_eq!(decoder.iptc_metadata().unwrap(), None, "{name}");
            }
        }
    }
}

#[test]
fn not_a_pixel_changes() {
    for (name, photo) in photos(Endian::Big, 3) {
        assert_eq!(decoded(&cleaned(&photo)), decoded(&photo), "{name}");
    }
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ] {
        let plain = encoded(format, 33, 21);
        assert_eq!(decoded(&cleaned(&plain)), decoded(&plain), "{format:?}");
    }
}

#[test]
fn cleaning_twice_changes_nothing_more() {
    let files = photos(Endian::Little, 8).map(|(_, photo)| photo);
    for photo in files
        .into_iter()
        .chain([marked_gif(), marked_animated_webp()])
    {
        let once = cleaned(&photo);
        assert_eq!(cleaned(&once), once);
    }
}

#[test]
fn an_animated_gif_keeps_its_frames_its_timing_and_its_loop() {
    let gif = marked_gif();
    assert!(holds(&gif, MARKER));
    let cleaned = cleaned(&gif);
    assert!(!holds(&cleaned, MARKER) && !holds(&cleaned, b"XMP"));
    assert!(holds(&cleaned, b"NETSCAPE2.0\x03\x01\0\0\0"));
    let frames = |data: &[u8]| {
        GifDecoder::new(Cursor::new(data.to_vec()))
            .unwrap()
            .into_frames()
            .collect_frames()
            .unwrap()
            .into_iter()
            .map(|frame| (frame.delay(), frame.into_buffer()))
            .collect::<Vec<_>>()
    };
    assert_eq!(frames(&cleaned).len(), 3);
    assert_eq!(frames(&cleaned), frames(&gif));
}

#[test]
fn a_gif_that_breaks_off_ends_after_its_last_whole_frame() {
    let gif = cleaned(&marked_gif());
    let without_trailer = &gif[..gif.len() - 1];
    assert_eq!(cleaned(without_trailer), gif);
    let broken = cleaned(&gif[..gif.len() - 5]);
    let frames = GifDecoder::new(Cursor::new(broken)).unwrap().into_frames();
    assert_eq!(frames.collect_frames().unwrap().len(), 2);
    assert_eq!(clean(ImageFormat::Gif, &gif[..30]), None);
}

#[test]
fn a_text_of_a_gif_does_not_leave_its_timing_to_the_next_frame() {
    let gif = encoded(ImageFormat::Gif, 8, 8);
    let control = gif.windows(3).position(|w| w == [0x21, 0xF9, 4]).unwrap();
    let text = [&[0x21, 0x01, 12][..], &[0; 12], b"\x05words\0"].concat();
    let mut with_text = gif.clone();
    with_text.splice(control + 8..control + 8, text);
    let cleaned = cleaned(&with_text);
    assert!(!holds(&cleaned, b"words") && !holds(&cleaned, &[0x21, 0xF9]));
    assert_eq!(decoded(&cleaned), decoded(&gif));
}

#[test]
fn an_animated_webp_keeps_its_frames_and_its_timing() {
    let webp = marked_animated_webp();
    assert!(holds(&webp, MARKER));
    let cleaned = cleaned(&webp);
    assert!(!holds(&cleaned, MARKER));
    let frames = |data: &[u8]| {
        let decoder = WebPDecoder::new(Cursor::new(data.to_vec())).unwrap();
        assert!(decoder.has_animation());
        decoder
            .into_frames()
            .collect_frames()
            .unwrap()
            .into_iter()
            .map(|frame| (frame.delay(), frame.into_buffer()))
            .collect::<Vec<_>>()
    };
    assert_eq!(frames(&cleaned).len(), 3);
    assert_eq!(frames(&cleaned), frames(&webp));
}

#[test]
fn an_animated_png_keeps_what_animates_it() {
    let mut png = encoded(ImageFormat::Png, 4, 4);
    let animation = [
        png_chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]),
        png_chunk(b"fcTL", &[0; 26]),
        png_chunk(b"fdAT", b"a frame"),
    ];
    png.splice(33..33, animation.concat());
    png.splice(33..33, png_chunk(b"tEXt", MARKER));
    let cleaned = clean(ImageFormat::Png, &png).unwrap();
    assert!(holds(&cleaned, &animation.concat()) && !holds(&cleaned, MARKER));
}

#[test]
fn webp_flags_tell_what_is_left() {
    let flags = |orientation| cleaned(&marked_webp(20, 10, Endian::Big, orientation))[20];
    assert_eq!(flags(1), 0);
    assert_eq!(flags(6), 0x08);
}

#[test]
fn the_colour_profile_stays() {
    let profile = [b"profile of some colours".as_slice(), &[7; 200]].concat();
    let jpeg = with_profile(&marked_jpeg(16, 16, Endian::Big, 1), &profile);
    let cleaned_jpeg = cleaned(&jpeg);
    assert!(holds(&cleaned_jpeg, &profile) && !holds(&cleaned_jpeg, MARKER));

    let mut png = encoded(ImageFormat::Png, 4, 4);
    let content = [MARKER, b"\0\0zlib stream"].concat();
    png.splice(33..33, png_chunk(b"iCCP", &content));
    let cleaned_png = clean(ImageFormat::Png, &png).unwrap();
    assert!(holds(
        &cleaned_png,
        &png_chunk(b"iCCP", b"icc\0\0zlib stream")
    ));
    assert!(!holds(&cleaned_png, MARKER), "its name goes");
}

#[test]
fn a_jpeg_preview_inside_the_jfif_header_is_dropped() {
    let plain = encoded(ImageFormat::Jpeg, 8, 8);
    assert_eq!(&plain[2..4], [0xFF, 0xE0]);
    let mut preview = b"JFIF\0\x01\x02\0\0\x01\0\x01\x02\x02".to_vec();
    preview.extend([0xAB; 12]);
    let length = (preview.len() + 2) as u16;
    let old = 4 + usize::from(u16::from_be_bytes([plain[4], plain[5]]));
    let with_preview = [
        &[0xFF, 0xD8, 0xFF, 0xE0][..],
        &length.to_be_bytes(),
        &preview,
        &plain[old..],
    ]
    .concat();
    let cleaned = cleaned(&with_preview);
    assert!(!holds(&cleaned, &[0xAB; 12]));
    assert_eq!(decoded(&cleaned), decoded(&plain));
}

#[test]
fn a_polyglot_loses_its_other_half() {
    let archive = b"PK\x03\x04 and <script>alert(1)</script>";
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ] {
        let polyglot = [&encoded(format, 9, 9)[..], archive].concat();
        assert!(!holds(&cleaned(&polyglot), b"<script>"), "{format:?}");
    }
}

#[test]
fn broken_containers_are_left_to_the_decoder() {
    for (name, photo) in photos(Endian::Big, 1) {
        // The fixtures hang things on behind, so cut the clean file.
        let whole = cleaned(&photo);
        for end in [whole.len() - 1, whole.len() / 2, 30, 12] {
            let format = format(&whole).unwrap();
            assert_eq!(clean(format, &whole[..end]), None, "{name} cut to {end}");
        }
    }
    let mut unknown_critical = encoded(ImageFormat::Png, 4, 4);
    unknown_critical.splice(33..33, png_chunk(b"QRST", b"what is this"));
    assert_eq!(clean(ImageFormat::Png, &unknown_critical), None);
}

#[test]
fn only_four_kinds_are_images_here() {
    for other in [
        &b"<html><body>"[..],
        b"<svg xmlns=\"http://www.w3.org/2000/svg\">",
        b"BM\x36\0\0\0",
        b"II*\0\x08\0\0\0",
        b"%PDF-1.4",
        b"",
    ] {
        assert_eq!(format(other), None, "{other:?}");
    }
}

fn any_format() -> impl Strategy<Value = ImageFormat> {
    use ImageFormat::{Gif, Jpeg, Png, WebP};
    prop::sample::select(vec![Png, Jpeg, Gif, WebP])
}

fn any_marked() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![
        marked_jpeg(24, 16, Endian::Little, 6),
        marked_png(24, 16, Endian::Big, 6),
        marked_webp(24, 16, Endian::Little, 6),
        marked_gif(),
        marked_animated_webp(),
    ])
}

proptest! {
    #[test]
    fn no_bytes_make_cleaning_panic(format in any_format(), data in any::<Vec<u8>>()) {
        let _ = clean(format, &data);
        let magic: &[u8] = match format {
            ImageFormat::Png => b"\x89PNG\r\n\x1A\n",
            ImageFormat::Jpeg => b"\xFF\xD8",
            ImageFormat::Gif => b"GIF89a",
            _ => b"RIFF\x40\0\0\0WEBP",
        };
        let _ = clean(format, &[magic, &data].concat());
    }

    /// Damage may cost the picture. What comes out without complaint is in order: cleaning finds
    /// nothing more in it, and it is never longer than what a fresh orientation block adds.
    #[test]
    fn a_damaged_file_is_refused_or_comes_out_in_order(
        photo in any_marked(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut damaged = photo.clone();
        *at.get_mut(&mut damaged) = byte;
        if let Some(format) = format(&damaged) {
            for data in [&damaged[..], &damaged[..cut.index(damaged.len())]] {
                if let Some(once) = clean(format, data) {
                    prop_assert!(once.len() <= data.len() + 64);
                    prop_assert_eq!(clean(format, &once), Some(once));
                }
            }
        }
    }

    /// Wherever in the row of pieces a foreign piece stands, and whatever it is called, it goes.
    #[test]
    fn an_unknown_png_chunk_goes_wherever_it_stands(kind in "[a-z][a-zA-Z][A-Z][a-z]", before in 0_usize..3) {
        let plain = encoded(ImageFormat::Png, 6, 6);
        let starts: Vec<usize> = std::iter::successors(Some(8), |at: &usize| {
            let length = u32::from_be_bytes(plain.get(*at..at + 4)?.try_into().ok()?);
            Some(at + 12 + length as usize)
        }).take_while(|at| *at < plain.len()).skip(1).collect();
        let at = starts[before % starts.len()];
        let mut planted = plain.clone();
        planted.splice(at..at, png_chunk(kind.as_bytes().try_into().unwrap(), MARKER));
        let kept = ["fdAT", "iCCP"].contains(&kind.as_str());
        prop_assume!(!kept);
        prop_assert!(!holds(&clean(ImageFormat::Png, &planted).unwrap(), MARKER));
    }

    #[test]
    fn any_application_segment_or_comment_of_a_jpeg_goes(
        marker in prop::sample::select((0xE0..=0xEF).chain([0xFE]).collect::<Vec<u8>>()), text in "[ -~]{0,40}",
    ) {
        prop_assume!(!text.starts_with("Adobe"));
        let plain = encoded(ImageFormat::Jpeg, 8, 8);
        let content = [text.as_bytes(), MARKER].concat();
        let length = (content.len() as u16 + 2).to_be_bytes();
        let planted = [&plain[..2], &[0xFF, marker], &length, &content, &plain[2..]].concat();
        let cleaned = clean(ImageFormat::Jpeg, &planted).unwrap();
        prop_assert!(!holds(&cleaned, MARKER));
        prop_assert_eq!(decoded(&cleaned), decoded(&plain));
    }
}
