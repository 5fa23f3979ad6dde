//! WebP: a RIFF file. The simple form is one chunk with the picture; the extended form starts with
//! `VP8X`, whose flags say which other chunks there are (RFC 9649).

use image::metadata::Orientation;

use super::exif;
use super::reader::Reader;

const HAS_XMP: u8 = 0x04;
const HAS_EXIF: u8 = 0x08;
const FLAGS: u8 = 0b0011_1110;

type Chunk<'a> = ([u8; 4], &'a [u8]);

pub fn clean(data: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Reader(data);
    rest.literal(b"RIFF")?;
    let size = usize::try_from(u32::from_le_bytes(rest.array()?)).ok()?;
    let mut inside = Reader(rest.take(size)?);
    inside.literal(b"WEBP")?;

    let mut chunks = Vec::new();
    while !inside.is_empty() {
        chunks.push(chunk(&mut inside)?);
    }
    let ((kind, content), others) = chunks.split_first()?;
    let body = match kind {
        b"VP8X" => extended(content, others)?,
        _ if is_bitmap(kind) => written(*kind, content)?,
        _ => return None,
    };
    let size = u32::try_from(body.len()).ok()?.checked_add(4)?;
    Some([&b"RIFF"[..], &size.to_le_bytes(), b"WEBP", &body].concat())
}

/// One chunk: type, length, content, filled up to an even length.
fn chunk<'a>(rest: &mut Reader<'a>) -> Option<Chunk<'a>> {
    let kind = rest.array()?;
    let length = usize::try_from(u32::from_le_bytes(rest.array()?)).ok()?;
    let content = rest.take(length)?;
    if length % 2 == 1 && !rest.is_empty() {
        rest.take(1)?;
    }
    Some((kind, content))
}

fn extended(header: &[u8], others: &[Chunk]) -> Option<Vec<u8>> {
    let orientation = others
        .iter()
        .filter(|(kind, _)| kind == b"EXIF")
        .find_map(|(_, content)| exif::orientation(content));
    let mut body = written(*b"VP8X", &header_with(header, orientation)?)?;
    for (kind, content) in others {
        match kind {
            b"ICCP" | b"ALPH" => body.extend(written(*kind, content)?),
            b"ANIM" => body.extend(written(*kind, content.get(..6)?)?),
            b"ANMF" => body.extend(written(*kind, &frame(content)?)?),
            _ if is_bitmap(kind) => body.extend(written(*kind, content)?),
            _ => {}
        }
    }
    if let Some(orientation) = orientation {
        body.extend(written(*b"EXIF", &exif::minimal(orientation))?);
    }
    Some(body)
}

/// The header with its size, and with flags that tell the truth about what stays.
fn header_with(header: &[u8], orientation: Option<Orientation>) -> Option<[u8; 10]> {
    let (flags, size) = header.get(..10)?.split_first()?;
    let mut flags = flags & FLAGS & !HAS_XMP & !HAS_EXIF;
    if orientation.is_some() {
        flags |= HAS_EXIF;
    }
    let mut changed = [0; 10];
    let (first, others) = changed.split_first_mut()?;
    *first = flags;
    // Three reserved bytes stay zero; canvas width and height follow.
    others.get_mut(3..)?.copy_from_slice(size.get(3..)?);
    Some(changed)
}

/// A frame of an animation holds chunks of its own behind 16 bytes of place and timing.
fn frame(content: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Reader(content);
    let mut kept = rest.take(16)?.to_vec();
    while !rest.is_empty() {
        let (kind, content) = chunk(&mut rest)?;
        if &kind == b"ALPH" || is_bitmap(&kind) {
            kept.extend(written(kind, content)?);
        }
    }
    Some(kept)
}

fn is_bitmap(kind: &[u8; 4]) -> bool {
    kind == b"VP8 " || kind == b"VP8L"
}

fn written(kind: [u8; 4], content: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(content.len()).ok()?;
    let filling: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    Some([&kind[..], &length.to_le_bytes(), content, filling].concat())
}
