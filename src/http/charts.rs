//! Charts as SVG: shapes and words in, a picture out that reads in light and in dark, on paper and aloud. Knows
//! nothing of reports.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::domain::error::Error;

const WIDTH: u32 = 720;
/// Height of a chart of columns, and of one row of bars.
const COLUMNS_HEIGHT: u32 = 260;
const ROW_HEIGHT: u32 = 34;
/// Room above for the legend, and below for labels.
const HEAD: u32 = 34;
const FOOT: u32 = 30;
/// Room on the left for the scale, or for names.
const SCALE: u32 = 46;
const NAMES: u32 = 190;
/// Room on the right; beside bars stands what they mean.
const EDGE: u32 = 12;
const BESIDE: u32 = 96;
/// Longest name beside a bar, characters.
const NAME_CHARS: usize = 24;
/// Labels below columns at most.
const MOST_LABELS: usize = 10;
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
    /// A file of its own, or an `<img>`.
    Alone,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Trouble<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

impl Chart {
    /// # Errors
    /// Only where the library can not draw.
    pub fn svg(&self, place: Place) -> Result<String, Error> {
        let mut raw = String::new();
        let height = self.height();
        self.draw(&mut raw, height)
            .map_err(|error| Error::internal(format_args!("drawing a chart: {error}")))?;
        Ok(self.dress(&raw, height, place))
    }

    fn height(&self) -> u32 {
        let rows = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        match self.shape {
            Shape::Bars => (rows.saturating_mul(ROW_HEIGHT)).clamp(ROW_HEIGHT * 2, 4000) + HEAD,
            Shape::Columns => COLUMNS_HEIGHT,
        }
    }

    fn draw<'a>(&self, raw: &'a mut String, height: u32) -> Result<(), Trouble<'a>> {
        let area = SVGBackend::with_string(raw, (WIDTH, height)).into_drawing_area();
        let most = self.most();
        if most <= 0.0 {
            let middle = (pixel(WIDTH / 2), pixel(height / 2));
            let style = words(HPos::Center, VPos::Center);
            area.draw(&Text::new(clean(&self.empty), middle, style))?;
        } else {
            self.legend(&area)?;
            match self.shape {
                Shape::Columns => self.columns(&area, most)?,
                Shape::Bars => self.bars(&area, most)?,
            }
        }
        area.present()
    }

    fn most(&self) -> f64 {
        let values = self.rows.iter().flat_map(|row| &row.values);
        values.map(|(value, _)| *value).fold(0.0, f64::max)
    }

    /// One series needs no legend: the title says what it is.
    fn legend<'a>(&self, area: &Area<'a>) -> Result<(), Trouble<'a>> {
        if self.series.len() < 2 {
            return Ok(());
        }
        let mut left = 8;
        for (name, colour) in self.series.iter().zip([FIRST, SECOND]) {
            let name = clean(name);
            area.draw(&Rectangle::new(
                [(left, 8), (left + 12, 20)],
                colour.filled(),
            ))?;
            let style = words(HPos::Left, VPos::Center);
            let width = i32::try_from(name.chars().count()).unwrap_or(0) * 8;
            area.draw(&Text::new(name, (left + 18, 14), style))?;
            left += 18 + width + 20;
        }
        Ok(())
    }

    fn columns<'a>(&self, area: &Area<'a>, most: f64) -> Result<(), Trouble<'a>> {
        let count = self.rows.len();
        let mut plot = ChartBuilder::on(area)
            .margin_top(HEAD)
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
        let step = count.div_ceil(MOST_LABELS).max(1);
        for (index, row) in self.rows.iter().enumerate().step_by(step) {
            let (x, y) = plot.backend_coord(&(number(index) + 0.5, 0.0));
            let style = words(HPos::Center, VPos::Top);
            area.draw(&Text::new(clean(&row.label), (x, y + 8), style))?;
        }
        Ok(())
    }

    fn bars<'a>(&self, area: &Area<'a>, most: f64) -> Result<(), Trouble<'a>> {
        let count = number(self.rows.len());
        let plot = ChartBuilder::on(area)
            .margin_top(HEAD)
            .margin_right(BESIDE)
            .y_label_area_size(NAMES)
            .build_cartesian_2d(0f64..most, 0f64..count)?;
        let mut plot = plot;
        let thick = 0.7 / number(self.series.len().max(1));
        for (index, row) in self.rows.iter().enumerate() {
            // The first row is the topmost, and the scale counts upwards.
            let upper = count - number(index) - 0.15;
            let (x, y) = plot.backend_coord(&(0.0, upper - 0.35));
            let style = words(HPos::Right, VPos::Center);
            area.draw(&Text::new(short(&row.label), (x - 8, y), style))?;
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
        let id = self.id;
        let (title, description) = (escaped(&self.title), escaped(&self.description));
        let (colour, style) = match place {
            Place::Page => ("", ""),
            Place::Alone => (" color=\"#1f2328\"", ALONE),
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\"{colour} \
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

fn short(name: &str) -> String {
    let name = clean(name);
    if name.chars().count() <= NAME_CHARS {
        return name;
    }
    let start: String = name.chars().take(NAME_CHARS - 1).collect();
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(label: &str, values: &[f64]) -> Row {
        Row {
            label: label.to_owned(),
            values: values
                .iter()
                .map(|value| (*value, format!("{value}")))
                .collect(),
        }
    }

    fn chart(shape: Shape, series: &[&str], rows: Vec<Row>) -> Chart {
        Chart {
            id: "x",
            title: "Tickets & <days>".to_owned(),
            description: "12 in all".to_owned(),
            shape,
            series: series.iter().map(|name| (*name).to_owned()).collect(),
            rows,
            empty: "Nothing yet".to_owned(),
        }
    }

    #[test]
    fn columns_in_a_page() {
        let rows = vec![row("03-01", &[3.0, 1.0]), row("03-02", &[0.0, 2.0])];
        let chart = chart(Shape::Columns, &["Created", "Closed"], rows);
        insta::assert_snapshot!(chart.svg(Place::Page).unwrap());
    }

    #[test]
    fn bars_in_a_file_of_their_own() {
        let rows = vec![
            row("Olga", &[12.0]),
            row("<script>alert(1)</script>\" fill=\"#010101\"\u{1}", &[5.0]),
            row("", &[0.0]),
        ];
        insta::assert_snapshot!(
            chart(Shape::Bars, &["Tickets"], rows)
                .svg(Place::Alone)
                .unwrap()
        );
    }

    #[test]
    fn nothing_to_show_is_said() {
        let svg = chart(Shape::Columns, &["Created"], Vec::new())
            .svg(Place::Page)
            .unwrap();
        assert!(
            svg.contains("Nothing yet") && !svg.contains("<rect"),
            "{svg}"
        );
    }

    proptest! {
        #[test]
        fn whatever_people_are_called_the_picture_is_one(
            names in prop::collection::vec((any::<String>(), 0.0f64..1e9, 0.0f64..1e9), 0..40),
            bars in any::<bool>(),
            title in any::<String>(),
        ) {
            let rows = names.iter().map(|(name, a, b)| row(name, &[*a, *b])).collect();
            let shape = if bars { Shape::Bars } else { Shape::Columns };
            let mut chart = chart(shape, &["a", "b"], rows);
            chart.title = title;
            let svg = chart.svg(Place::Page).unwrap();
            // As many elements end as begin, and none is foreign.
            let begun = svg.matches('<').count() - svg.matches("</").count();
            let ended = svg.matches("</").count() + svg.matches("/>").count();
            prop_assert_eq!(begun, ended);
            for part in svg.split('<').skip(1) {
                let known = ["svg", "title", "desc", "rect", "text", "line", "polyline", "/"];
                prop_assert!(known.iter().any(|tag| part.starts_with(tag)), "{}", part);
            }
            prop_assert!(!svg.contains("style=") && !svg.contains("#010101"));
            prop_assert!(!svg.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
