//! The texts among which a coded result is chosen when it is read back: its own, and two that another result
//! could have. It compares nothing: what was chosen is said to the gateway as if it were typed.

use super::own_text;
use crate::event::key_of;
use crate::record::AlertRecord;

/// Results of one sort.
struct Sort {
    /// The words by which a result is known to be of it.
    known_by: &'static [&'static str],
    /// What such results say, each with the words that say the same.
    texts: &'static [(&'static str, &'static [&'static str])],
}

/// The first sort that knows the result is taken, else [`ORGANISMS`].
const SORTS: [Sort; 3] = [
    Sort {
        known_by: &["resistant", "producing", "mrsa", "vre"],
        texts: &[
            ("methicillin resistant Staphylococcus aureus", &["aureus", "mrsa"]),
            ("vancomycin resistant Enterococcus", &["enterococcus", "vre"]),
            ("carbapenem resistant Pseudomonas aeruginosa", &["pseudomonas", "aeruginosa"]),
            ("carbapenem resistant Klebsiella pneumoniae", &["klebsiella", "pneumoniae"]),
        ],
    },
    Sort {
        known_by: &["gram", "cocci", "rods", "bacilli", "yeast", "yeasts"],
        texts: &[
            ("gram-positive cocci", &["cocci"]),
            ("gram-negative rods", &["rods", "bacilli"]),
            ("yeast", &["yeast", "yeasts"]),
        ],
    },
    Sort {
        known_by: &["positive", "negative", "detected", "reactive", "present", "absent", "indeterminate"],
        texts: &[
            ("positive", &["positive", "detected", "reactive", "present"]),
            ("negative", &["negative", "absent", "not", "non"]),
            ("indeterminate", &["indeterminate"]),
            ("not tested", &["tested"]),
        ],
    },
];

/// What grows; most coded results that call name it.
const ORGANISMS: Sort = Sort {
    known_by: &[],
    texts: &[
        ("Staphylococcus aureus", &["aureus"]),
        ("Escherichia coli", &["coli"]),
        ("Klebsiella pneumoniae", &["klebsiella", "pneumoniae"]),
        ("Pseudomonas aeruginosa", &["pseudomonas", "aeruginosa"]),
        ("Enterococcus faecium", &["enterococcus", "faecium"]),
        ("Candida albicans", &["candida", "albicans"]),
    ],
};

/// Its text and two others, in an order that says nothing and stays while the alert does; `None` where its
/// value is a number or no laboratory said it.
pub(in crate::board) fn choices(record: &AlertRecord) -> Option<[String; 3]> {
    let own = own_text(record)?;
    let rank = |text: &str| key_of(&[record.id.as_bytes(), text.as_bytes()]).0;
    let mut others = others(own);
    others.sort_by_key(|text| rank(text));
    let mut others = others.into_iter().map(|text| written_like(own, text));
    let mut three = [own.to_owned(), others.next()?, others.next()?];
    three.sort_by_key(|text| rank(text));
    Some(three)
}

/// What other results of its sort say, and it does not, not even in other words.
fn others(own: &str) -> Vec<&'static str> {
    let said: Vec<String> =
        own.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect();
    let says_any = |words: &[&str]| words.iter().any(|word| said.iter().any(|said| said == word));
    let sort = SORTS.iter().find(|sort| says_any(sort.known_by)).unwrap_or(&ORGANISMS);
    let others = sort.texts.iter().filter(|(_, same)| !says_any(same));
    others.map(|(text, _)| *text).collect()
}

/// In the letters of the result: capitals must not tell which is its own.
fn written_like(own: &str, text: &str) -> String {
    let (has_small, has_capital) = (own.chars().any(char::is_lowercase), own.chars().any(char::is_uppercase));
    match (has_small, has_capital) {
        (false, true) => text.to_uppercase(),
        (true, false) => text.to_lowercase(),
        _ if own.starts_with(char::is_uppercase) => capitalised(text),
        _ => text.to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Reason;
    use rules::alert::Kind;

    /// The alert of a result that says this; the number tells it apart.
    fn coded(number: u64, text: &str) -> AlertRecord {
        let reason = Reason {
            code: "600-7".to_owned(),
            value: Some(text.to_owned()),
            unit: String::new(),
            limit: None,
            chart: String::new(),
            message: String::new(),
            taken_at: None,
            source: String::new(),
            sentence: String::new(),
            laboratory: None,
        };
        let alert = crate::journal::samples::alert(number);
        AlertRecord { kind: Kind::Laboratory, reasons: vec![reason], ..alert }
    }

    #[test]
    fn three_texts_are_offered_in_an_order_that_stays_and_says_nothing() {
        let place = |number| {
            let record = coded(number, "Staphylococcus aureus");
            let three = choices(&record).unwrap();
            assert_eq!(choices(&record).unwrap(), three, "stable");
            assert!(three[0] != three[1] && three[1] != three[2] && three[0] != three[2], "{three:?}");
            three.iter().position(|text| text == "Staphylococcus aureus").unwrap()
        };
        let places: Vec<usize> = (1..=64).map(place).collect();
        assert!((0..3).all(|place| places.contains(&place)), "{places:?}");
    }

    #[test]
    fn the_others_are_of_its_sort_and_none_of_them_is_also_true() {
        for (own, others_have, others_lack) in [
            ("methicillin resistant Staphylococcus aureus (organism)", "resistant", "aureus"),
            ("MRSA", "RESISTANT", "AUREUS"),
            ("Gram-negative bacilli", "", "rods"),
            ("Detected", "", "ositive"),
            ("Not detected", "", "ositive"),
            ("Not detected", "", "egative"),
            ("STAPH. AUREUS", "", "AUREUS"),
            ("Acinetobacter baumannii", " ", "Acinetobacter"),
        ] {
            for number in 1..=16 {
                let three = choices(&coded(number, own)).unwrap();
                let others: Vec<&String> = three.iter().filter(|text| *text != own).collect();
                assert_eq!(others.len(), 2, "{own}");
                let fits = |text: &&String| text.contains(others_have) && !text.contains(others_lack);
                assert!(others.iter().all(fits), "{own}: {others:?}");
            }
        }
    }

    #[test]
    fn letters_do_not_tell_which_is_its_own() {
        let all = |own: &str, fits: fn(&str) -> bool| {
            choices(&coded(1, own)).unwrap().iter().all(|text| fits(text))
        };
        assert!(all("escherichia coli", |text| !text.contains(char::is_uppercase)));
        assert!(all("ESCHERICHIA COLI", |text| !text.contains(char::is_lowercase)));
        assert!(all("Gram-negative rods", |text| text.starts_with(char::is_uppercase)));
    }

    #[test]
    fn a_number_is_typed_and_what_is_no_result_is_not_read_back() {
        let mut number = coded(1, "6.8");
        number.alert.evidence.quantity = super::super::quantity("6.8");
        assert_eq!(choices(&number), None);
        assert_eq!(choices(&coded(1, " ")), None);
        let limit = AlertRecord { kind: Kind::Physiological, ..coded(1, "Escherichia coli") };
        assert_eq!(choices(&limit), None);
    }
}
