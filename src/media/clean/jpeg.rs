//! JPEG: a row of marked segments, then the picture's own data, perhaps several times (T.81, annex B).

use image::metadata::Orientation;

use super::exif;
use super::reader::Reader;

const START: [u8; 2] = [0xFF, 0xD8];
const END: [u8; 2] = [0xFF, 0xD9];
const ICC: &[u8] = b"ICC_PROFILE\0";
const JFIF: &[u8] = b"JFIF\0";

/// What stays of a file.
#[derive(Default)]
struct Kept {
    jfif: Vec<u8>,
    orientation: Option<Orientation>,
    /// Tables, frame headers and scans, in the order they came.
    picture: Vec<u8>,
}

pub fn clean(data: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Reader(data);
    rest.literal(&START)?;
    let mut kept = Kept::default();
    loop {
        match marker(&mut rest)? {
            0xD9 => return kept.written(),
            scan @ 0xDA => {
                let header = payload(&mut rest)?;
                kept.segment(scan, header)?;
                kept.picture.extend_from_slice(scan_data(&mut rest)?);
            }
            other => {
                let payload = payload(&mut rest)?;
                kept.sort(other, payload)?;
            }
        }
    }
}

/// The next marker; any number of 0xFF may stand before it as filling.
fn marker(rest: &mut Reader) -> Option<u8> {
    rest.literal(&[0xFF])?;
    loop {
        match rest.byte()? {
            0xFF => {}
            marker => return Some(marker),
        }
    }
}

/// A segment's content. Its length counts its own two bytes.
fn payload<'a>(rest: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = u16::from_be_bytes(rest.array()?);
    rest.take(usize::from(length).checked_sub(2)?)
}

/// Compressed data up to the next marker that is neither a restart nor an escaped 0xFF.
fn scan_data<'a>(rest: &mut Reader<'a>) -> Option<&'a [u8]> {
    let end = rest
        .0
        .windows(2)
        .position(|pair| matches!(pair, [0xFF, 0x01..=0xCF | 0xD8..=0xFE]))?;
    rest.take(end)
}

impl Kept {
    /// Keeps what is needed to show the picture. `None` for what a photo never contains.
    fn sort(&mut self, marker: u8, payload: &[u8]) -> Option<()> {
        match marker {
            // JFIF: version and density, without the preview.
            0xE0 if payload.starts_with(JFIF) => {
                if self.jfif.is_empty() {
                    let version_and_density = payload.get(..12)?;
                    push(&mut self.jfif, marker, &[version_and_density, &[0, 0]])?;
                }
            }
            0xE1 if payload.starts_with(exif::PREFIX) => {
                self.orientation = self.orientation.or_else(|| exif::orientation(payload));
            }
            // Colours would be wrong without the profile and Adobe's colour transform.
            0xE2 if payload.starts_with(ICC) => self.segment(marker, payload)?,
            0xEE if payload.starts_with(b"Adobe") => self.segment(marker, payload.get(..12)?)?,
            // All other application data, reserved segments, comments.
            0xE0..=0xFE => {}
            // Frame headers, Huffman and arithmetic tables, quantisation, number of lines, restarts.
            0xC0..=0xC7 | 0xC9..=0xCF | 0xDB..=0xDD => self.segment(marker, payload)?,
            _ => return None,
        }
        Some(())
    }

    fn segment(&mut self, marker: u8, payload: &[u8]) -> Option<()> {
        push(&mut self.picture, marker, &[payload])
    }

    fn written(self) -> Option<Vec<u8>> {
        let mut file = START.to_vec();
        file.extend(self.jfif);
        if let Some(orientation) = self.orientation {
            push(
                &mut file,
                0xE1,
                &[exif::PREFIX, &exif::minimal(orientation)],
            )?;
        }
        file.extend(self.picture);
        file.extend(END);
        Some(file)
    }
}

fn push(file: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) -> Option<()> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>() + 2;
    file.extend([0xFF, marker]);
    file.extend(u16::try_from(length).ok()?.to_be_bytes());
    parts.iter().for_each(|part| file.extend_from_slice(part));
    Some(())
}
