//! Takes everything out of an image file that is not needed to show it: place, camera, comments,
//! previews, whatever is hung on behind. The picture itself is not decoded and not changed. Each
//! container has its list of what may stay; what is not on it goes. Pure: bytes in, bytes out.

mod exif;
mod gif;
mod jpeg;
mod png;
mod reader;
mod webp;

use image::ImageFormat;

/// The four kinds of images that are taken, told by content.
pub fn format(data: &[u8]) -> Option<ImageFormat> {
    use ImageFormat::{Gif, Jpeg, Png, WebP};
    image::guess_format(data)
        .ok()
        .filter(|format| matches!(format, Png | Jpeg | Gif | WebP))
}

/// The same picture without metadata, orientation kept. `None`: the container is broken or
/// unusual, and only decoding can tell whether there is a picture in it.
pub fn clean(format: ImageFormat, data: &[u8]) -> Option<Vec<u8>> {
    match format {
        ImageFormat::Png => png::clean(data),
        ImageFormat::Jpeg => jpeg::clean(data),
        ImageFormat::Gif => gif::clean(data),
        ImageFormat::WebP => webp::clean(data),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
