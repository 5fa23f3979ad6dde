//! A report's days as a picture: two bars a day, tickets that came and tickets that were closed. It has no words, so
//! that no font is needed; the caption says what it shows.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use plotters::backend::BitMapBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::element::Rectangle;
use plotters::style::{Color, RGBColor, WHITE};

const WIDTH: u32 = 960;
const HEIGHT: u32 = 480;
const MARGIN: i32 = 24;
/// Blue and green that differ in brightness too.
const CREATED: RGBColor = RGBColor(37, 99, 235);
const CLOSED: RGBColor = RGBColor(74, 222, 128);
const LINES: RGBColor = RGBColor(226, 232, 240);
/// Lines of the grid, the ground not counted.
const GRID: i32 = 4;

/// Draws the days, oldest first, as PNG.
///
/// # Errors
/// What could not be drawn.
pub fn png(created: &[i64], closed: &[i64]) -> Result<Vec<u8>, String> {
    let mut pixels = vec![0u8; WIDTH as usize * HEIGHT as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (WIDTH, HEIGHT)).into_drawing_area();
        let wrong = |error: &dyn std::fmt::Display| format!("a chart can not be drawn: {error}");
        area.fill(&WHITE).map_err(|error| wrong(&error))?;
        for (from, to, color) in shapes(created, closed) {
            area.draw(&Rectangle::new([from, to], color.filled()))
                .map_err(|error| wrong(&error))?;
        }
        area.present().map_err(|error| wrong(&error))?;
    }
    let image = RgbImage::from_raw(WIDTH, HEIGHT, pixels);
    let image = image.ok_or_else(|| "a chart has another size than it was drawn in".to_owned())?;
    let mut png = Cursor::new(Vec::new());
    image
        .write_to(&mut png, ImageFormat::Png)
        .map_err(|error| format!("a chart can not be stored: {error}"))?;
    Ok(png.into_inner())
}

type Shape = ((i32, i32), (i32, i32), RGBColor);

/// The grid and the bars, from corner to corner.
fn shapes(created: &[i64], closed: &[i64]) -> Vec<Shape> {
    let (width, height) = (960 - 2 * MARGIN, 480 - 2 * MARGIN);
    let ground = MARGIN + height;
    let mut shapes: Vec<Shape> = (0..=GRID)
        .map(|line| {
            let y = ground - height * line / GRID;
            ((MARGIN, y), (MARGIN + width, y + 1), LINES)
        })
        .collect();
    let most = created
        .iter()
        .chain(closed)
        .copied()
        .max()
        .unwrap_or(0)
        .max(1);
    let days = i32::try_from(created.len().max(closed.len()))
        .unwrap_or(i32::MAX)
        .max(1);
    let bar = |day: usize, at: i32, count: i64, color| {
        let day = i32::try_from(day).unwrap_or(0);
        let step = width / days;
        // A third of the room of a day each, the last third between days.
        let wide = (step / 3).max(1);
        let left = MARGIN + day * step + step / 6 + at * wide;
        let share = i128::from(height) * i128::from(count.max(0)) / i128::from(most);
        let tall = i32::try_from(share).unwrap_or(height);
        ((left, ground - tall), (left + wide - 1, ground), color)
    };
    for (day, count) in created.iter().enumerate() {
        shapes.push(bar(day, 0, *count, CREATED));
    }
    for (day, count) in closed.iter().enumerate() {
        shapes.push(bar(day, 1, *count, CLOSED));
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colored(png: &[u8], color: RGBColor) -> usize {
        let image = image::load_from_memory(png).unwrap().to_rgb8();
        assert_eq!((image.width(), image.height()), (WIDTH, HEIGHT));
        let pixels = image.pixels();
        pixels
            .filter(|pixel| pixel.0 == [color.0, color.1, color.2])
            .count()
    }

    #[test]
    fn bars_are_as_tall_as_what_they_count() {
        let one = png(&[1, 4], &[0, 2]).unwrap();
        let (came, gone) = (colored(&one, CREATED), colored(&one, CLOSED));
        assert!(came > 0 && gone > 0);
        let ratio = came as f64 / gone as f64;
        assert!((2.3..2.7).contains(&ratio), "{ratio}");
    }

    #[test]
    fn no_days_and_very_many_are_drawn_too() {
        png(&[], &[]).unwrap();
        png(&[0; 366], &[i64::MAX; 366]).unwrap();
    }
}
