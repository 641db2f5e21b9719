//! Words of a page: text that stays text, and tables.

/// Whatever is made of each, one after the other.
pub(super) fn each<T>(all: impl IntoIterator<Item = T>, made: impl Fn(T) -> String) -> String {
    all.into_iter().map(made).collect::<Vec<_>>().concat()
}

/// Names come from recordings: nothing in them may be read as a page.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A table with a column for each policy; each row has a name and a cell for each.
pub(super) fn table(policies: &[&str], rows: &[(String, Vec<String>)]) -> String {
    let head = each(policies, |policy| format!("<th scope=\"col\">{}</th>", escaped(policy)));
    let rows = each(rows, |(name, cells)| {
        let cells = each(cells, |cell| format!("<td>{}</td>", escaped(cell)));
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>", escaped(name))
    });
    format!("<table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>")
}
