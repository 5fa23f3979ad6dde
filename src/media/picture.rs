//! From the bytes somebody sent to the picture that is stored, and its thumbnail. Pure but for
//! the time it takes: call it on a blocking thread.

use std::io::Cursor;
use std::panic::catch_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits};

use super::MediaError;
use super::clean;
use super::kinds::{self, Kind};

/// The largest picture that is decoded: a 48-megapixel phone's photo passes.
pub const MAX_PIXELS: u64 = 50_000_000;
/// What one decoder may allocate: 50 megapixels at eight bytes each.
const MAX_ALLOCATION: u64 = MAX_PIXELS * 8;
/// Pictures above this size are decoded one at a time.
const LARGE: u64 = 12_500_000;
const THUMBNAIL_SIDE: u32 = 320;
const THUMBNAIL_QUALITY: u8 = 80;
const PHOTO_QUALITY: u8 = 92;

/// A picture as it is stored.
pub struct Picture {
    pub bytes: Vec<u8>,
    pub kind: Kind,
    /// As it is shown, orientation applied.
    pub width: u32,
    pub height: u32,
    pub thumbnail: Vec<u8>,
    pub thumbnail_kind: Kind,
}

struct Decoded {
    image: DynamicImage,
    orientation: Orientation,
    /// Kept only where it fits pixels that are encoded again as RGB.
    profile: Option<Vec<u8>>,
}

/// Cleans and decodes what was sent. `large` is held while a large picture is in memory. A decoder
/// that panics has met a broken picture.
pub fn prepare(raw: &[u8], large: &Mutex<()>) -> Result<Picture, MediaError> {
    catch_unwind(|| cleaned_and_decoded(raw, large)).unwrap_or(Err(MediaError::NotAnImage))
}

fn cleaned_and_decoded(raw: &[u8], large: &Mutex<()>) -> Result<Picture, MediaError> {
    let format = clean::format(raw).ok_or(MediaError::NotAnImage)?;
    let cleaned = clean::clean(format, raw);
    let (decoded, _alone) = decode(format, cleaned.as_deref().unwrap_or(raw), large)?;
    match cleaned {
        Some(cleaned) => picture(cleaned, kind(format), &decoded),
        None => drawn_again(format, decoded),
    }
}

/// The file without metadata though nobody will decode it here; `None` if that is impossible.
pub fn cleaned_only(raw: &[u8]) -> Option<Vec<u8>> {
    clean::clean(clean::format(raw)?, raw)
}

/// A new file from the pixels, for containers that can not be taken apart.
fn drawn_again(format: ImageFormat, mut decoded: Decoded) -> Result<Picture, MediaError> {
    decoded.image.apply_orientation(decoded.orientation);
    decoded.orientation = Orientation::NoTransforms;
    let (bytes, kind) = match format {
        ImageFormat::Jpeg => (as_jpeg(&decoded, PHOTO_QUALITY)?, kinds::JPEG),
        _ => (as_png(&decoded)?, kinds::PNG),
    };
    picture(bytes, kind, &decoded)
}

fn picture(bytes: Vec<u8>, kind: Kind, decoded: &Decoded) -> Result<Picture, MediaError> {
    let (thumbnail, thumbnail_kind) = thumbnail(decoded)?;
    let (width, height) = (decoded.image.width(), decoded.image.height());
    let (width, height) = match lies_on_its_side(decoded.orientation) {
        true => (height, width),
        false => (width, height),
    };
    Ok(Picture {
        bytes,
        kind,
        width,
        height,
        thumbnail,
        thumbnail_kind,
    })
}

/// The pixels, and the guard that a large picture holds for as long as they are in memory.
fn decode<'a>(
    format: ImageFormat,
    data: &[u8],
    large: &'a Mutex<()>,
) -> Result<(Decoded, Option<MutexGuard<'a, ()>>), MediaError> {
    let mut reader = ImageReader::with_format(Cursor::new(data), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOCATION);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(MediaError::TooManyPixels { max: MAX_PIXELS });
    }
    let alone = (pixels > LARGE).then(|| large.lock().unwrap_or_else(PoisonError::into_inner));
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().filter(|p| is_rgb(p));
    let image = DynamicImage::from_decoder(decoder).map_err(refused)?;
    let decoded = Decoded {
        image,
        orientation,
        profile,
    };
    Ok((decoded, alone))
}

fn refused(error: image::ImageError) -> MediaError {
    match error {
        image::ImageError::Limits(_) => MediaError::TooManyPixels { max: MAX_PIXELS },
        _ => MediaError::NotAnImage,
    }
}

/// A profile's colour space stands in bytes 16 to 19 of its header.
fn is_rgb(profile: &[u8]) -> bool {
    profile.get(16..20) == Some(b"RGB ")
}

fn lies_on_its_side(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(
        orientation,
        Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH
    )
}

/// Made small first and turned then, which is less work.
fn thumbnail(decoded: &Decoded) -> Result<(Vec<u8>, Kind), MediaError> {
    let image = &decoded.image;
    let fits = image.width() <= THUMBNAIL_SIDE && image.height() <= THUMBNAIL_SIDE;
    let mut image = match fits {
        true => image.clone(),
        false => image.thumbnail(THUMBNAIL_SIDE, THUMBNAIL_SIDE),
    };
    image.apply_orientation(decoded.orientation);
    let see_through =
        image.color().has_alpha() && image.to_rgba8().pixels().any(|pixel| pixel.0[3] < 255);
    let small = Decoded {
        image,
        orientation: Orientation::NoTransforms,
        profile: decoded.profile.clone(),
    };
    match see_through {
        true => Ok((as_png(&small)?, kinds::PNG)),
        false => Ok((as_jpeg(&small, THUMBNAIL_QUALITY)?, kinds::JPEG)),
    }
}

fn as_jpeg(decoded: &Decoded, quality: u8) -> Result<Vec<u8>, MediaError> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    if let Some(profile) = &decoded.profile {
        // An encoder that can not hold a profile still makes a picture.
        let _ = encoder.set_icc_profile(profile.clone());
    }
    encoder
        .encode_image(&decoded.image.to_rgb8())
        .map_err(refused)?;
    Ok(bytes)
}

fn as_png(decoded: &Decoded) -> Result<Vec<u8>, MediaError> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    if let Some(profile) = &decoded.profile {
        // As above.
        let _ = encoder.set_icc_profile(profile.clone());
    }
    DynamicImage::from(decoded.image.to_rgba8())
        .write_with_encoder(encoder)
        .map_err(refused)?;
    Ok(bytes)
}

fn kind(format: ImageFormat) -> Kind {
    match format {
        ImageFormat::Png => kinds::PNG,
        ImageFormat::Jpeg => kinds::JPEG,
        ImageFormat::Gif => kinds::GIF,
        ImageFormat::WebP => kinds::WEBP,
        _ => kinds::UNKNOWN,
    }
}

#[cfg(test)]
mod tests;
