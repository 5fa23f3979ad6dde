//! Real pictures for the tests, with planted metadata (what must be gone is marked), and a folder
//! to upload them to.

use std::fs;
use std::io::Cursor;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use image::codecs::gif::{GifEncoder, Repeat};
use image::codecs::jpeg::JpegEncoder;
use image::{Delay, DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use tempfile::TempDir;

use super::{Incoming, MediaError, Stored, Uploads};

/// Stands in every piece of metadata the fixtures plant.
pub const MARKER: &[u8] = b"PLANTED-MARKER";

/// Degrees, minutes, seconds as EXIF keeps them, and a number nobody has by accident.
const DEGREES: [(u32, u32); 3] = [(41, 1), (17, 1), (0x7A3B_5C9D, 0x0101_5C9D)];

#[derive(Clone, Copy, Debug)]
pub enum Endian {
    Little,
    Big,
}

impl Endian {
    fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    /// The latitude as it stands in the file.
    pub fn latitude(self) -> Vec<u8> {
        DEGREES
            .iter()
            .flat_map(|(over, under)| [self.u32(*over), self.u32(*under)])
            .flatten()
            .collect()
    }
}

pub fn holds(data: &[u8], needle: &[u8]) -> bool {
    data.windows(needle.len()).any(|window| window == needle)
}

/// A TIFF structure with the orientation, a camera name (the marker) and a GPS directory.
pub fn exif(endian: Endian, orientation: u16) -> Vec<u8> {
    let mut tiff: Vec<u8> = match endian {
        Endian::Little => b"II*\0".to_vec(),
        Endian::Big => b"MM\0*".to_vec(),
    };
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [
            &endian.u16(tag)[..],
            &endian.u16(kind),
            &endian.u32(count),
            &value,
        ]
        .concat()
    };
    let [high, low] = endian.u16(orientation);
    // The first directory: 8 + 2 + 3 × 12 + 4 = 50; the GPS directory: 50 + 2 + 2 × 12 + 4 = 80.
    tiff.extend(endian.u32(8));
    tiff.extend(endian.u16(3));
    tiff.extend(entry(0x010F, 2, MARKER.len() as u32, endian.u32(104)));
    tiff.extend(entry(0x0112, 3, 1, [high, low, 0, 0]));
    tiff.extend(entry(0x8825, 4, 1, endian.u32(50)));
    tiff.extend(endian.u32(0));
    tiff.extend(endian.u16(2));
    tiff.extend(entry(1, 2, 2, *b"N\0\0\0"));
    tiff.extend(entry(2, 5, 3, endian.u32(80)));
    tiff.extend(endian.u32(0));
    tiff.extend(endian.latitude());
    tiff.extend(MARKER);
    tiff
}

/// Red above, blue below: turned pictures can be told apart.
pub fn pixels(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |_, y| match y < height / 2 {
        true => Rgb([220, 20, 20]),
        false => Rgb([20, 20, 220]),
    })
}

pub fn encoded(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(pixels(width, height))
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

fn segment(marker: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xFF, marker][..], &length.to_be_bytes(), &content].concat()
}

/// A JPEG with EXIF (GPS), XMP, Photoshop data, MPF, JFXX and a comment, and with a second picture behind its end.
pub fn marked_jpeg(width: u32, height: u32, endian: Endian, orientation: u16) -> Vec<u8> {
    let mut plain = Vec::new();
    JpegEncoder::new_with_quality(&mut plain, 90)
        .encode_image(&pixels(width, height))
        .unwrap();
    let (start, rest) = plain.split_at(2);
    [
        start,
        &segment(0xE1, &[b"Exif\0\0", &exif(endian, orientation)]),
        &segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", MARKER]),
        &segment(0xED, &[b"Photoshop 3.0\0", MARKER]),
        &segment(0xE2, &[b"MPF\0", MARKER]),
        &segment(0xE0, &[b"JFXX\0", MARKER]),
        &segment(0xFE, &[MARKER]),
        rest,
        &plain,
        MARKER,
        &exif(endian, orientation),
    ]
    .concat()
}

/// The same JPEG with a colour profile of `profile` bytes.
pub fn with_profile(jpeg: &[u8], profile: &[u8]) -> Vec<u8> {
    let (start, rest) = jpeg.split_at(2);
    let icc = segment(0xE2, &[b"ICC_PROFILE\0", &[1, 1], profile]);
    [start, &icc, rest].concat()
}

pub fn png_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let crc = !kind.iter().chain(content).fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            1 => (crc >> 1) ^ 0xEDB8_8320,
            _ => crc >> 1,
        })
    });
    let length = u32::try_from(content.len()).unwrap();
    [&length.to_be_bytes()[..], kind, content, &crc.to_be_bytes()].concat()
}

/// A PNG with every kind of text chunk, EXIF, a time, an unknown chunk and something behind its end.
pub fn marked_png(width: u32, height: u32, endian: Endian, orientation: u16) -> Vec<u8> {
    let plain = encoded(ImageFormat::Png, width, height);
    let (head, rest) = plain.split_at(8 + 25);
    [
        head,
        &png_chunk(b"tEXt", &[b"Comment\0", MARKER].concat()),
        &png_chunk(b"zTXt", &[b"Comment\0\0", MARKER].concat()),
        &png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", MARKER].concat()),
        &png_chunk(b"eXIf", &exif(endian, orientation)),
        &png_chunk(b"tIME", b"\x07\xE9\x01\x01\0\0\0"),
        &png_chunk(b"pHYs", MARKER),
        &png_chunk(b"prVt", MARKER),
        rest,
        MARKER,
    ]
    .concat()
}

/// Only a header that promises `width` × `height` pixels, with `filling` bytes that unpack to nothing much.
pub fn png_bomb(width: u32, height: u32, filling: usize) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let header = [&size[..], &[8, 6, 0, 0, 0]].concat();
    [
        &b"\x89PNG\r\n\x1A\n"[..],
        &png_chunk(b"IHDR", &header),
        &png_chunk(b"IDAT", &[&[0x78, 0x01][..], &vec![0; filling]].concat()),
        &png_chunk(b"IEND", &[]),
    ]
    .concat()
}

/// Frames that differ, for animations.
fn frames(count: u8) -> impl Iterator<Item = RgbaImage> {
    (0..count).map(|n| RgbaImage::from_pixel(40, 30, Rgba([n * 60, 200, 10, 255])))
}

/// A looping GIF of three frames with a comment, application data and something behind its end.
pub fn marked_gif() -> Vec<u8> {
    let mut plain = Vec::new();
    let mut encoder = GifEncoder::new(&mut plain);
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for image in frames(3) {
        let delay = Delay::from_numer_denom_ms(120, 1);
        encoder
            .encode_frame(Frame::from_parts(image, 0, 0, delay))
            .unwrap();
    }
    drop(encoder);
    let colours = match plain[10] & 0x80 {
        0 => 0,
        _ => 3 * (2 << (plain[10] & 7)),
    };
    let (head, rest) = plain.split_at(13 + colours);
    let part = [&[MARKER.len() as u8], MARKER].concat();
    [
        head,
        &[&[0x21, 0xFE][..], &part, &[0]].concat(),
        &[&[0x21, 0xFF, 11][..], b"XMP DataXMP", &part, &[0]].concat(),
        &[&[0x21, 0x01, 12][..], &[0; 12], &part, &[0]].concat(),
        rest,
        MARKER,
    ]
    .concat()
}

fn riff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let filling = vec![0; content.len() % 2];
    [&kind[..], &length.to_le_bytes(), content, &filling].concat()
}

fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WEBP".to_vec(), chunks.concat()].concat();
    riff(b"RIFF", &body)
}

/// The picture's own data, out of a simple WebP file.
fn bitmap(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::WebP).unwrap();
    bytes.into_inner().split_off(12)
}

fn extended_header(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let [w, h] = [(width - 1).to_le_bytes(), (height - 1).to_le_bytes()];
    let content = [&[flags, 0, 0, 0][..], &w[..3], &h[..3]].concat();
    riff(b"VP8X", &content)
}

/// A WebP with EXIF, XMP and an unknown chunk, and something behind its end.
pub fn marked_webp(width: u32, height: u32, endian: Endian, orientation: u16) -> Vec<u8> {
    let file = webp(&[
        extended_header(0x0C, width, height),
        riff(b"JUNK", MARKER),
        bitmap(&pixels(width, height).into()),
        riff(b"EXIF", &exif(endian, orientation)),
        riff(b"XMP ", MARKER),
    ]);
    [&file, MARKER].concat()
}

/// An animated WebP of three frames; metadata inside a frame and behind the frames.
pub fn marked_animated_webp() -> Vec<u8> {
    let mut chunks = vec![
        extended_header(0x02 | 0x0C, 40, 30),
        riff(b"ANIM", &[0, 0, 0, 0, 0, 0]),
    ];
    for image in frames(3) {
        let place = [0, 0, 0, 0, 0, 0, 39, 0, 0, 29, 0, 0, 120, 0, 0, 0];
        let inside = [&place[..], &bitmap(&image.into()), &riff(b"META", MARKER)].concat();
        chunks.push(riff(b"ANMF", &inside));
    }
    chunks.push(riff(b"EXIF", &exif(Endian::Little, 1)));
    chunks.push(riff(b"XMP ", MARKER));
    webp(&chunks)
}

/// The limit of most uploads.
pub const TEN_MEGABYTES: u64 = 10 * 1024 * 1024;
/// An empty uploads folder that goes with the test.
pub struct Place {
    pub folder: TempDir,
    pub uploads: Uploads,
}

impl Place {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::open(folder.path().join("uploads")).await.unwrap();
        Self { folder, uploads }
    }

    pub async fn arriving(&self, content: &[u8]) -> Incoming {
        let mut incoming = self.uploads.begin(TEN_MEGABYTES).await.unwrap();
        for chunk in content.chunks(1000) {
            incoming.write(chunk).await.unwrap();
        }
        incoming
    }

    pub async fn photo(&self, content: &[u8]) -> Result<Stored, MediaError> {
        self.arriving(content).await.finish_image().await
    }

    pub async fn document(&self, content: &[u8], name: &str) -> Stored {
        let incoming = self.arriving(content).await;
        incoming.finish_any(Some(name)).await.unwrap()
    }

    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.uploads.dir()).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn last_written(&self, name: &str, when: DateTime<Utc>) {
        let file = fs::File::options()
            .write(true)
            .open(self.uploads.dir().join(name));
        file.unwrap().set_modified(SystemTime::from(when)).unwrap();
    }
}
