//! PNG, animated ones included: a row of chunks with length, type, content and checksum.

use image::metadata::Orientation;

use super::exif;
use super::reader::Reader;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";

pub fn clean(data: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Reader(data);
    rest.literal(SIGNATURE)?;
    let mut head = SIGNATURE.to_vec();
    let mut body = Vec::with_capacity(data.len());
    let mut orientation: Option<Orientation> = None;
    loop {
        let start = rest;
        let length = usize::try_from(u32::from_be_bytes(rest.array()?)).ok()?;
        let kind: [u8; 4] = rest.array()?;
        let content = rest.take(length)?;
        rest.take(4)?; // the checksum, which is only the decoder's business
        let whole = rest.since(start);
        match &kind {
            b"IHDR" if body.is_empty() && head.len() == SIGNATURE.len() => {
                head.extend_from_slice(whole);
            }
            b"IEND" => {
                body.extend_from_slice(&chunk(*b"IEND", &[]));
                break;
            }
            b"eXIf" => orientation = orientation.or_else(|| exif::orientation(content)),
            b"iCCP" => body.extend(renamed_profile(content)?),
            _ if stays(&kind, length) => body.extend_from_slice(whole),
            // An unknown chunk that is marked as critical: not a picture we understand.
            [first, ..] if first.is_ascii_uppercase() => return None,
            _ => {}
        }
    }
    if let Some(orientation) = orientation {
        head.extend(chunk(*b"eXIf", &exif::minimal(orientation)));
    }
    head.extend(body);
    Some(head)
}

/// Chunks that change how the picture looks, if they are no longer than their content needs.
fn stays(kind: &[u8; 4], length: usize) -> bool {
    match kind {
        b"IDAT" | b"fdAT" => true,
        b"PLTE" => length <= 768,
        b"tRNS" => length <= 256,
        b"gAMA" | b"cICP" => length == 4,
        b"cHRM" => length == 32,
        b"sRGB" => length == 1,
        b"sBIT" => length <= 4,
        b"bKGD" => length <= 6,
        b"pHYs" => length == 9,
        b"mDCV" => length == 24,
        b"cLLI" | b"acTL" => length == 8,
        b"fcTL" => length == 26,
        _ => false,
    }
}

/// The colour profile, without the name its writer gave it.
fn renamed_profile(content: &[u8]) -> Option<Vec<u8>> {
    let end_of_name = content.iter().take(80).position(|byte| *byte == 0)?;
    let profile = content.get(end_of_name..)?;
    Some(chunk(*b"iCCP", &[b"icc", profile].concat()))
}

/// A whole chunk. The content is either ours or came out of one, so its length fits.
fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let checksum = crc32(kind.iter().chain(content));
    [
        &length.to_be_bytes()[..],
        &kind,
        content,
        &checksum.to_be_bytes(),
    ]
    .concat()
}

/// The checksum of ISO 3309, bit by bit: only a profile and 26 bytes ever go through it.
fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_the_standard_gives() {
        assert_eq!(crc32(b"123456789".iter()), 0xCBF4_3926);
        assert_eq!(chunk(*b"IEND", &[]), b"\0\0\0\0IEND\xAE\x42\x60\x82");
    }
}
