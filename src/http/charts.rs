//! Charts as SVG: shapes and words in, a picture out that reads in light and in dark, on paper and aloud. Knows
//! nothing of reports.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::domain::error::Error;

/// Height of a chart of columns, and of one row of bars.
const COLUMNS_HEIGHT: u32 = 260;
const ROW_HEIGHT: u32 = 34;
/// Room above: for each line of a legend, and where there is none.
const LEGEND: u32 = 34;
const NO_LEGEND: u32 = 8;
/// Room below for labels, on the left for the scale, and on the right of columns.
const FOOT: u32 = 30;
const SCALE: u32 = 46;
const EDGE: u32 = 12;

/// What depends on how wide the picture is.
struct Sheet {
    width: u32,
    /// Room on the left of bars for names, and how many characters those have at most.
    names: u32,
    name_chars: usize,
    /// Room on the right of bars for what they mean.
    beside: u32,
    /// Labels below columns at most.
    labels: usize,
}
const WIDE: Sheet = Sheet {
    width: 720,
    names: 190,
    name_chars: 24,
    beside: 96,
    labels: 10,
};
/// As wide as a phone: scaled down, letters could not be read any more.
const NARROW: Sheet = Sheet {
    width: 330,
    names: 112,
    name_chars: 13,
    beside: 84,
    labels: 5,
};
const FONT: &str = "system-ui, sans-serif";
/// The library divides a size by 1.24.
const FONT_SIZE: f64 = 15.0;

// Stand-ins, each replaced by what lets a page decide the colour.
const INK: RGBColor = RGBColor(1, 1, 1);
const FIRST: RGBColor = RGBColor(2, 2, 2);
const SECOND: RGBColor = RGBColor(3, 3, 3);
const LINE: RGBColor = RGBColor(4, 4, 4);
/// The two colours have a contrast of more than 3 to white and to black alike.
const DRESS: [(&str, &str); 4] = [
    ("fill=\"#010101\"", "fill=\"currentColor\""),
    ("fill=\"#020202\"", "class=\"chart-first\" fill=\"#3b82f6\""),
    (
        "fill=\"#030303\"",
        "class=\"chart-second\" fill=\"#d97706\"",
    ),
    (
        "stroke=\"#040404\"",
        "class=\"chart-line\" stroke=\"currentColor\" stroke-opacity=\"0.2\"",
    ),
];
/// For a picture that stands alone: nobody gives it a colour of text.
const ALONE: &str = "<style>@media (prefers-color-scheme: dark) { svg { color: #e6e8eb } }</style>";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Side by side, for days and other things in order.
    Columns,
    /// One below the other, for things with names.
    Bars,
}

/// What a chart shows.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Unique on a page.
    pub id: &'static str,
    pub title: String,
    /// The same in words, for those who hear it.
    pub description: String,
    pub shape: Shape,
    /// The names of one or two values that every row has.
    pub series: Vec<String>,
    pub rows: Vec<Row>,
    /// What stands there when there is nothing to show.
    pub empty: String,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub label: String,
    /// One for each series, not negative, with the words beside it.
    pub values: Vec<(f64, String)>,
}

/// Where a picture will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a page, whose colour of text it takes.
    Page,
    /// The same on a phone; the page shows one of them.
    Phone,
    /// A file of its own, or an `<img>`.
    Alone,
}

impl Place {
    fn sheet(self) -> &'static Sheet {
        match self {
            Self::Phone => &NARROW,
            Self::Page | Self::Alone => &WIDE,
        }
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Trouble<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

impl Chart {
    /// # Errors
    /// Only where the library can not draw.
    pub fn svg(&self, place: Place) -> Result<String, Error> {
        let mut raw = String::new();
        let sheet = place.sheet();
        let height = self.height(sheet);
        self.draw(&mut raw, height, sheet)
            .map_err(|error| Error::internal(format_args!("drawing a chart: {error}")))?;
        Ok(self.dress(&raw, height, place))
    }

    fn height(&self, sheet: &Sheet) -> u32 {
        let rows = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        match self.shape {
            Shape::Bars => {
                (rows.saturating_mul(ROW_HEIGHT)).clamp(ROW_HEIGHT * 2, 4000) + self.head(sheet)
            }
            Shape::Columns => COLUMNS_HEIGHT,
        }
    }

    /// One series needs no legend: the title says what it is. Two names side by side may be wider than a phone.
    fn head(&self, sheet: &Sheet) -> u32 {
        match (self.series.len(), sheet.width == NARROW.width) {
            (0 | 1, _) => NO_LEGEND,
            (_, false) => LEGEND,
            (_, true) => LEGEND * 2 - 12,
        }
    }

    fn draw<'a>(&self, raw: &'a mut String, height: u32, sheet: &Sheet) -> Result<(), Trouble<'a>> {
        let area = SVGBackend::with_string(raw, (sheet.width, height)).into_drawing_area();
        let most = self.most();
        if most <= 0.0 {
            let middle = (pixel(sheet.width / 2), pixel(height / 2));
            let style = words(HPos::Center, VPos::Center);
            area.draw(&Text::new(clean(&self.empty), middle, style))?;
        } else {
            self.legend(&area, sheet)?;
            match self.shape {
                Shape::Columns => self.columns(&area, most, sheet)?,
                Shape::Bars => self.bars(&area, most, sheet)?,
            }
        }
        area.present()
    }

    fn most(&self) -> f64 {
        let values = self.rows.iter().flat_map(|row| &row.values);
        values.map(|(value, _)| *value).fold(0.0, f64::max)
    }

    fn legend<'a>(&self, area: &Area<'a>, sheet: &Sheet) -> Result<(), Trouble<'a>> {
        if self.series.len() < 2 {
            return Ok(());
        }
        let (mut left, mut upper) = (8, 8);
        for (name, colour) in self.series.iter().zip([FIRST, SECOND]) {
            let name = clean(name);
            area.draw(&Rectangle::new(
                [(left, upper), (left + 12, upper + 12)],
                colour.filled(),
            ))?;
            let style = words(HPos::Left, VPos::Center);
            let width = i32::try_from(name.chars().count()).unwrap_or(0) * 8;
            area.draw(&Text::new(name, (left + 18, upper + 6), style))?;
            if sheet.width == NARROW.width {
                upper += 22;
            } else {
                left += 18 + width + 20;
            }
        }
        Ok(())
    }

    fn columns<'a>(&self, area: &Area<'a>, most: f64, sheet: &Sheet) -> Result<(), Trouble<'a>> {
        let count = self.rows.len();
        let mut plot = ChartBuilder::on(area)
            .margin_top(self.head(sheet))
            .margin_right(EDGE)
            .x_label_area_size(FOOT)
            .y_label_area_size(SCALE)
            .build_cartesian_2d(0f64..number(count), 0f64..top(most))?;
        plot.configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .y_labels(6)
            .axis_style(LINE)
            .bold_line_style(LINE)
            .light_line_style(TRANSPARENT)
            .label_style((FONT, FONT_SIZE, &INK))
            .y_label_formatter(&|value| format!("{value}"))
            .draw()?;
        let width = 0.8 / number(self.series.len().max(1));
        for (index, row) in self.rows.iter().enumerate() {
            let left = number(index) + 0.1;
            for (slot, ((value, _), colour)) in row.values.iter().zip([FIRST, SECOND]).enumerate() {
                if *value > 0.0 {
                    let from = left + width * number(slot);
                    let corners = [(from, 0.0), (from + width, *value)];
                    plot.draw_series([Rectangle::new(corners, colour.filled())])?;
                }
            }
        }
        let step = count.div_ceil(sheet.labels).max(1);
        for (index, row) in self.rows.iter().enumerate().step_by(step) {
            let (x, y) = plot.backend_coord(&(number(index) + 0.5, 0.0));
            let style = words(HPos::Center, VPos::Top);
            area.draw(&Text::new(clean(&row.label), (x, y + 8), style))?;
        }
        Ok(())
    }

    fn bars<'a>(&self, area: &Area<'a>, most: f64, sheet: &Sheet) -> Result<(), Trouble<'a>> {
        let count = number(self.rows.len());
        let plot = ChartBuilder::on(area)
            .margin_top(self.head(sheet))
            .margin_right(sheet.beside)
            .y_label_area_size(sheet.names)
            .build_cartesian_2d(0f64..most, 0f64..count)?;
        let mut plot = plot;
        let thick = 0.7 / number(self.series.len().max(1));
        for (index, row) in self.rows.iter().enumerate() {
            // The first row is the topmost, and the scale counts upwards.
            let upper = count - number(index) - 0.15;
            let (x, y) = plot.backend_coord(&(0.0, upper - 0.35));
            let style = words(HPos::Right, VPos::Center);
            area.draw(&Text::new(
                short(&row.label, sheet.name_chars),
                (x - 8, y),
                style,
            ))?;
            for (slot, ((value, beside), colour)) in
                row.values.iter().zip([FIRST, SECOND]).enumerate()
            {
                let upper = upper - thick * number(slot);
                if *value > 0.0 {
                    let corners = [(0.0, upper), (*value, upper - thick)];
                    plot.draw_series([Rectangle::new(corners, colour.filled())])?;
                }
                let (x, y) = plot.backend_coord(&(*value, upper - thick / 2.0));
                let style = words(HPos::Left, VPos::Center);
                area.draw(&Text::new(clean(beside), (x + 6, y), style))?;
            }
        }
        Ok(())
    }

    /// The picture as the library drew it, with its words for those who hear it and colours of the page.
    fn dress(&self, raw: &str, height: u32, place: Place) -> String {
        let (_, body) = raw.split_once(">\n").unwrap_or_default();
        // What people wrote has its quotes escaped, so that nothing of it is taken for an attribute.
        let body = DRESS
            .iter()
            .fold(body.replace(" opacity=\"1\"", ""), |body, (from, to)| {
                body.replace(from, to)
            });
        let width = place.sheet().width;
        let (class, id) = match place {
            Place::Page => ("chart wide", self.id.to_owned()),
            Place::Phone => ("chart narrow", format!("{}-narrow", self.id)),
            Place::Alone => ("chart", self.id.to_owned()),
        };
        let (title, description) = (escaped(&self.title), escaped(&self.description));
        let (colour, style) = match place {
            Place::Page | Place::Phone => ("", ""),
            Place::Alone => (" color=\"#1f2328\"", ALONE),
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\"{colour} \
             role=\"img\" aria-labelledby=\"chart-{id}-title chart-{id}-desc\">\n\
             <title id=\"chart-{id}-title\">{title}</title>\n<desc id=\"chart-{id}-desc\">{description}</desc>\n{style}{body}"
        )
    }
}

/// The end of the scale: whole numbers look odd between halves.
fn top(most: f64) -> f64 {
    (most * 1.05).max(5.0)
}

fn words<'a>(h: HPos, v: VPos) -> TextStyle<'a> {
    TextStyle::from((FONT, FONT_SIZE).into_font())
        .color(&INK)
        .pos(Pos::new(h, v))
}

#[allow(clippy::cast_precision_loss)] // rows of a picture
fn number(count: usize) -> f64 {
    count as f64
}

fn pixel(length: u32) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// XML has no control characters, not even escaped ones.
fn clean(text: &str) -> String {
    let kept = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(kept).collect()
}

fn short(name: &str, most: usize) -> String {
    let name = clean(name);
    if name.chars().count() <= most {
        return name;
    }
    let start: String = name.chars().take(most - 1).collect();
    format!("{start}…")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in clean(text).chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
#[path = "charts_tests.rs"]
mod tests;
