//! The kinds of files that have a name here, told by their content, and how each is served. What
//! is not in the table is an unnamed download: HTML and SVG on purpose, as they carry scripts.

/// One row of the table: extension, media type, whether a browser may show it in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub extension: &'static str,
    pub mime: &'static str,
    inline: bool,
}

/// How a stored file goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serving {
    pub content_type: &'static str,
    /// Shown in place; otherwise an attachment download.
    pub inline: bool,
}

pub const JPEG: Kind = shown("jpg", "image/jpeg");
pub const PNG: Kind = shown("png", "image/png");
pub const GIF: Kind = shown("gif", "image/gif");
pub const WEBP: Kind = shown("webp", "image/webp");
/// What nobody recognises.
pub const UNKNOWN: Kind = saved("bin", "application/octet-stream");

const KINDS: &[Kind] = &[
    JPEG,
    PNG,
    GIF,
    WEBP,
    shown("mp4", "video/mp4"),
    shown("m4v", "video/x-m4v"),
    shown("webm", "video/webm"),
    shown("mov", "video/quicktime"),
    shown("mkv", "video/x-matroska"),
    shown("avi", "video/x-msvideo"),
    shown("mpg", "video/mpeg"),
    shown("mp3", "audio/mpeg"),
    shown("m4a", "audio/mp4"),
    shown("ogg", "audio/ogg"),
    shown("flac", "audio/flac"),
    shown("wav", "audio/wav"),
    shown("amr", "audio/amr"),
    shown("aac", "audio/aac"),
    saved("pdf", "application/pdf"),
    saved("rtf", "application/rtf"),
    saved("doc", "application/msword"),
    saved("xls", "application/vnd.ms-excel"),
    saved("ppt", "application/vnd.ms-powerpoint"),
    saved(
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    saved(
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    saved(
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    saved("odt", "application/vnd.oasis.opendocument.text"),
    saved("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    saved("odp", "application/vnd.oasis.opendocument.presentation"),
    saved("epub", "application/epub+zip"),
    saved("zip", "application/zip"),
    saved("rar", "application/vnd.rar"),
    saved("7z", "application/x-7z-compressed"),
    saved("tar", "application/x-tar"),
    saved("gz", "application/gzip"),
    saved("bz2", "application/x-bzip2"),
    saved("xz", "application/x-xz"),
    saved("heif", "image/heif"),
    saved("avif", "image/avif"),
    saved("tif", "image/tiff"),
    saved("bmp", "image/bmp"),
    saved("psd", "image/vnd.adobe.photoshop"),
    UNKNOWN,
];

const fn shown(extension: &'static str, mime: &'static str) -> Kind {
    Kind {
        extension,
        mime,
        inline: true,
    }
}

const fn saved(extension: &'static str, mime: &'static str) -> Kind {
    Kind {
        extension,
        mime,
        inline: false,
    }
}

/// How many first bytes [`sniff`] wants to see: Office files tell themselves in the third entry
/// of their archive, some thousand bytes in.
pub const SNIFFED_BYTES: usize = 8 * 1024;

/// The kind of a file by its first bytes; its name is never asked.
pub fn sniff(start: &[u8]) -> Kind {
    let Some(found) = infer::get(start) else {
        return UNKNOWN;
    };
    let mime = match found.mime_type() {
        "audio/m4a" => "audio/mp4",
        // Opus travels in an Ogg file, and that is the type browsers play.
        "audio/opus" => "audio/ogg",
        "audio/x-flac" => "audio/flac",
        "audio/x-wav" => "audio/wav",
        same => same,
    };
    KINDS
        .iter()
        .find(|kind| kind.mime == mime)
        .copied()
        .unwrap_or(UNKNOWN)
}

/// The kind of a file that is known not to be a photo. The sniffer takes some files for pictures
/// that no decoder would; unclean as they are, they are not to be shown in place.
pub fn other_than_photo(start: &[u8]) -> Kind {
    match sniff(start) {
        JPEG | PNG | GIF | WEBP => UNKNOWN,
        other => other,
    }
}

/// How the stored file `name` goes out. The extension was given here, by content.
pub fn serving(name: &str) -> Serving {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let kind = KINDS
        .iter()
        .find(|kind| kind.extension == extension)
        .unwrap_or(&UNKNOWN);
    Serving {
        content_type: kind.mime,
        inline: kind.inline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_the_kind() {
        for (start, extension) in [
            (&b"\xFF\xD8\xFF\xE0"[..], "jpg"),
            (b"\x89PNG\r\n\x1A\n", "png"),
            (b"GIF89a", "gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
            (b"%PDF-1.7", "pdf"),
            (b"OggS\0\x02", "ogg"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "mp4"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
            (b"PK\x03\x04\x14\0\0\0", "zip"),
            (b"<!DOCTYPE html><script>alert(1)</script>", "bin"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "bin"),
            (b"<?xml version=\"1.0\"?><svg/>", "bin"),
            (b"MZ\x90\0", "bin"),
            (b"#!/bin/sh", "bin"),
            (b"plain words", "bin"),
            (b"", "bin"),
        ] {
            assert_eq!(sniff(start).extension, extension, "{start:?}");
        }
        let mut webm = b"\x1A\x45\xDF\xA3\x9F\x42\x82\x84webm".to_vec();
        webm.resize(300, 0);
        assert_eq!(sniff(&webm).mime, "video/webm");
    }

    #[test]
    fn a_half_forged_picture_is_not_shown_in_place() {
        assert_eq!(sniff(b"12345678WEBP and a script"), WEBP);
        assert_eq!(other_than_photo(b"12345678WEBP and a script"), UNKNOWN);
        assert_eq!(other_than_photo(b"%PDF-1.7").extension, "pdf");
    }

    #[test]
    fn only_pictures_sound_and_video_are_shown_in_place() {
        for kind in KINDS {
            let name = format!("{}.{}", "0".repeat(32), kind.extension);
            let served = serving(&name);
            assert_eq!(served.content_type, kind.mime);
            if served.inline {
                let family = kind.mime.split('/').next().unwrap();
                assert!(["image", "audio", "video"].contains(&family), "{kind:?}");
            }
        }
        for name in [
            "x.svg", "x.html", "x.xml", "x", "", "x.js", "x.pdf", "x.bin",
        ] {
            assert!(!serving(name).inline, "{name}");
        }
        assert_eq!(serving("x.svg").content_type, "application/octet-stream");
        assert_eq!(serving("x.html").content_type, "application/octet-stream");
    }

    #[test]
    fn no_extension_stands_twice_in_the_table_and_each_makes_a_valid_name() {
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(
                KINDS[at + 1..]
                    .iter()
                    .all(|other| other.extension != kind.extension)
            );
            let name = crate::media::names::with_extension(kind.extension).unwrap();
            assert!(crate::media::names::is_ours(&name), "{name}");
        }
    }
}
