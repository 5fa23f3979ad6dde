//! Pictures as they are drawn, whatever people are called.

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
fn on_a_phone_the_legend_is_a_column_and_names_are_shorter() {
    let rows = vec![row("A very long name of somebody", &[3.0, 1.0])];
    let chart = chart(Shape::Bars, &["All", "Closed"], rows);
    insta::assert_snapshot!(chart.svg(Place::Phone).unwrap());
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
        let place = if bars { Place::Phone } else { Place::Page };
        let svg = chart.svg(place).unwrap();
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
