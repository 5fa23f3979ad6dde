//! The one thing worth keeping of EXIF: which way up the picture is.

use image::metadata::Orientation;

/// What JPEG, and some writers of WebP, put before the TIFF structure.
pub const PREFIX: &[u8] = b"Exif\0\0";

/// The orientation in an EXIF block, if it says anything but "as it is".
pub fn orientation(block: &[u8]) -> Option<Orientation> {
    let tiff = block.strip_prefix(PREFIX).unwrap_or(block);
    Orientation::from_exif_chunk(tiff).filter(|found| *found != Orientation::NoTransforms)
}

/// A TIFF structure that holds the orientation and nothing else.
pub fn minimal(orientation: Orientation) -> [u8; 26] {
    let [zero, value] = [0, orientation.to_exif()];
    [
        b'M', b'M', 0, 42, 0, 0, 0, 8, // big endian, directory at 8
        0, 1, // one entry:
        0x01, 0x12, 0, 3, 0, 0, 0, 1, zero, value, 0, 0, // orientation, one short
        0, 0, 0, 0, // no further directory
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for value in 2..=8 {
            let wanted = Orientation::from_exif(value).unwrap();
            assert_eq!(orientation(&minimal(wanted)), Some(wanted));
            let prefixed = [PREFIX, &minimal(wanted)].concat();
            assert_eq!(orientation(&prefixed), Some(wanted));
        }
    }

    #[test]
    fn the_usual_orientation_and_nonsense_are_not_worth_a_block() {
        assert_eq!(orientation(&minimal(Orientation::NoTransforms)), None);
        assert_eq!(orientation(b"Exif\0\0MM\0\x2A\xFF\xFF\xFF\xFF"), None);
        assert_eq!(orientation(b""), None);
    }
}
