//! Counts as a plot: an SVG of bars that lie, a row for each name and in it a bar for each policy. It needs
//! no script and no colour: each bar has its figure beside it, and the second policy's bars are hollow.

use super::markup::{each, escaped, table};

/// How wide a plot is, in units of its own; it grows with the page.
const WIDTH: usize = 760;

/// Where the names end, and where the bars begin.
const NAMES_END: usize = 270;
const BARS_FROM: usize = 280;

/// How long the longest bar is; figure and mark have the rest.
const LONGEST: usize = 350;

/// How high a bar is, and how much is left free between two rows.
const BAR: usize = 15;
const GAP: usize = 6;

/// What of a name there is room for, in characters.
const NAME_MOST: usize = 38;

/// One bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) count: usize,
    /// Whether it is of the tenth that alarmed most.
    pub(super) is_worst: bool,
}

/// One name with a bar for each policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) bars: Vec<Bar>,
}

/// What is counted, and the counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plot {
    /// One word, which no other plot of the page has.
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

impl Plot {
    /// The plot as an image that says what it shows.
    pub(super) fn svg(&self) -> String {
        let Self { id, title, rows } = self;
        let most = rows.iter().flat_map(|row| &row.bars).map(|bar| bar.count).max().unwrap_or_default();
        let deep = |row: &Row| row.bars.len() * BAR + GAP;
        let drawn = each(rows.iter().enumerate(), |(number, row)| row.drawn(number * deep(row), most));
        let (title, height) = (escaped(title), rows.iter().map(deep).sum::<usize>());
        format!(
            "<svg role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {WIDTH} {height}\">\
             <title id=\"{id}-title\">{title}</title>\
             <desc id=\"{id}-desc\">{} bars, the longest of {most}. The figures follow as a table.</desc>\
             {drawn}</svg>",
            rows.iter().map(|row| row.bars.len()).sum::<usize>(),
        )
    }

    /// The same figures as a table, its columns the policies.
    pub(super) fn table(&self, policies: &[&str]) -> String {
        let said = |row: &Row| row.bars.iter().map(|bar| bar.said()).collect();
        let rows: Vec<_> = self.rows.iter().map(|row| (row.name.clone(), said(row))).collect();
        table(policies, &rows)
    }
}

impl Row {
    fn drawn(&self, y: usize, most: usize) -> String {
        let (name, middle) = (escaped(&shortened(&self.name)), y + self.bars.len() * BAR / 2);
        let bars =
            each(self.bars.iter().enumerate(), |(number, bar)| bar.drawn(number, y + number * BAR, most));
        format!("<g><text class=\"name\" x=\"{NAMES_END}\" y=\"{middle}\">{name}</text>{bars}</g>")
    }
}

impl Bar {
    fn drawn(self, number: usize, y: usize, most: usize) -> String {
        let worst = if self.is_worst { " worst" } else { "" };
        // What was heard once is seen, however much else was heard.
        let length = (self.count * LONGEST / most.max(1)).max(self.count.min(1));
        let (top, height, said_at, middle) = (y + 1, BAR - 2, BARS_FROM + length + 6, y + BAR / 2);
        format!(
            "<rect class=\"of-{number}{worst}\" x=\"{BARS_FROM}\" y=\"{top}\" width=\"{length}\" \
             height=\"{height}\"/><text class=\"count\" x=\"{said_at}\" y=\"{middle}\">{}</text>",
            self.said()
        )
    }

    fn said(self) -> String {
        let Self { count, is_worst } = self;
        if is_worst { format!("{count}, worst tenth") } else { count.to_string() }
    }
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_MOST) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What opens in a text, each with what is written right after it; everything that opens must close.
    fn elements(text: &str) -> Vec<(&str, &str)> {
        let (mut open, mut elements) = (Vec::new(), Vec::new());
        for piece in text.split('<').skip(1) {
            let (tag, written) = piece.split_once('>').expect("a tag ends");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            assert!(written.split('&').skip(1).all(|rest| rest.contains(';')), "{written}");
            if let Some(closed) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed));
                continue;
            }
            if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
            elements.push((tag, written));
        }
        assert!(open.is_empty(), "{open:?}");
        elements
    }

    fn of<'a>(elements: &[(&'a str, &'a str)], what: &str) -> Vec<&'a str> {
        let those = elements.iter().filter(|(tag, _)| tag.starts_with(what));
        those.map(|(_, written)| *written).collect()
    }

    fn lengths(elements: &[(&str, &str)]) -> Vec<usize> {
        let bars = elements.iter().filter_map(|(tag, _)| tag.strip_prefix("rect ")?.split_once("width=\""));
        bars.map(|(_, length)| length.split('"').next().unwrap().parse().unwrap()).collect()
    }

    fn plot(rows: Vec<(String, Vec<usize>)>) -> Plot {
        let bar = |count| Bar { count, is_worst: count == 8 };
        let row =
            |(name, counts): (String, Vec<usize>)| Row { name, bars: counts.into_iter().map(bar).collect() };
        Plot { id: "beds", title: "by bed".to_owned(), rows: rows.into_iter().map(row).collect() }
    }

    #[test]
    fn a_bar_is_as_long_as_its_figure_is_high_and_the_worst_are_named() {
        let plot = plot(vec![("03".to_owned(), vec![8, 2]), ("04".to_owned(), vec![4, 0])]);
        let svg = plot.svg();
        let svg = elements(&svg);
        assert_eq!(lengths(&svg), [LONGEST, LONGEST / 4, LONGEST / 2, 0]);
        assert_eq!(of(&svg, "text class=\"name\""), ["03", "04"]);
        assert_eq!(of(&svg, "text class=\"count\""), ["8, worst tenth", "2", "4", "0"]);
        assert_eq!(of(&svg, "desc"), ["4 bars, the longest of 8. The figures follow as a table."]);
    }

    #[test]
    fn one_among_a_thousand_is_still_seen() {
        let svg = plot(vec![(String::new(), vec![1_000]), (String::new(), vec![1])]).svg();
        assert_eq!(lengths(&elements(&svg)), [LONGEST, 1]);
    }

    proptest! {
        #[test]
        fn whatever_the_names_are_the_bars_say_what_the_table_says(
            rows in prop::collection::vec((".{0,50}", prop::collection::vec(0..900_usize, 2)), 0..30),
        ) {
            let plot = plot(rows);
            let (svg, table) = (plot.svg(), plot.table(&["A", "B"]));
            let (svg, table) = (elements(&svg), elements(&table));
            let cells = of(&table, "td");
            prop_assert_eq!(of(&svg, "text class=\"count\""), &cells[1..], "the first cell is the corner's");
            prop_assert_eq!(lengths(&svg).len(), plot.rows.len() * 2);
        }
    }
}
