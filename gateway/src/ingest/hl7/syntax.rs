//! Messages, segments and fields: bounded, and read only as far as they are asked for.
//!
//! A message owns its text and remembers where each segment and its first fields are; what a field is made of
//! is found when it is asked for. No line is dropped: one that is no segment belongs to the segment before it
//! and is counted. What a segment means is not known here.

use memchr::{memchr_iter, memchr2};
use thiserror::Error;

use super::charset::{self, Charset, CharsetError};
use super::header::{self, Header, HeaderError, Separators, is_line_end};
use super::part::{self, Part};

/// The most segments of one message; the largest real ones (a day of waveform metadata) have some ten
/// thousand.
pub const MOST_SEGMENTS: usize = 100_000;

/// The most messages in one frame or batch file: each is answered, and the answers must not outgrow the
/// question.
pub const MOST_MESSAGES: usize = 10_000;

/// How many field marks of one segment are remembered: a message is asked for hundreds of its fields. Those
/// behind them are looked for, so that a message of nothing but marks costs no more than its bytes.
const MARKS_MOST: usize = 32;

/// Why bytes are no message. Nothing of them was understood; keep them and refuse them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// No header, or one without separators.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A character set that is refused.
    #[error(transparent)]
    Charset(#[from] CharsetError),
    /// More than [`MOST_SEGMENTS`].
    #[error("more than {MOST_SEGMENTS} segments: the sender should divide the message")]
    TooManySegments,
    /// More than [`MOST_MESSAGES`].
    #[error("more than {MOST_MESSAGES} messages in one block: the sender should divide the batch")]
    TooManyMessages,
    /// Four gigabytes.
    #[error("the message is longer than any message may be")]
    TooLong,
}

/// What was unusual in a message that was read all the same. All zeros is the rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Lines that are no segment: each was added to the segment before it.
    pub continued_lines: usize,
    /// Lines before the header that are no batch envelope.
    pub stray_lines: usize,
    /// Segment names in small letters, read as if in capitals.
    pub small_names: usize,
    /// Segments whose names have two or four letters: no standard knows them, and nothing reads them.
    pub strange_names: usize,
    /// Places whose bytes are no text in the message's character set.
    pub unreadable_places: usize,
}

/// One message: its text, and where its segments and fields are.
#[derive(Clone, Debug)]
pub struct Message {
    text: String,
    segments: Vec<Span>,
    /// The field marks of all segments, each counted in bytes from the beginning of its own.
    marks: Vec<u32>,
    separators: Separators,
    charset: &'static str,
    oddities: Oddities,
}

/// Where a segment stands in the text, in bytes, and where its marks stand among all of them.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
    first_mark: u32,
    end_mark: u32,
}

/// One segment, as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    raw: &'a str,
    /// Where its first field marks are.
    marks: &'a [u32],
    separators: Separators,
}

/// Divides the bytes of one frame, file or body at its headers; each part is one message for
/// [`Message::parse`].
///
/// Batch envelopes (FHS, BHS, BTS, FTS) stay with the message that they stand beside.
///
/// # Errors
/// When there is no header, there are too many, or the bytes are UTF-16.
pub fn split(bytes: &[u8]) -> Result<Vec<&[u8]>, Unreadable> {
    charset::refuse_wide(bytes)?;
    let starts: Vec<usize> = header::starts(bytes).take(MOST_MESSAGES + 1).collect();
    if starts.is_empty() {
        return Err(HeaderError::Missing.into());
    }
    if starts.len() > MOST_MESSAGES {
        return Err(Unreadable::TooManyMessages);
    }
    // What stands before the first header stays with it: it is counted there.
    let firsts = std::iter::once(0).chain(starts.iter().skip(1).copied());
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    Ok(firsts.zip(ends).filter_map(|(start, end)| bytes.get(start..end)).collect())
}

impl Message {
    /// Reads the bytes of one message.
    ///
    /// # Errors
    /// Why nothing of it could be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        Self::parse_in(None, bytes)
    }

    /// Reads the bytes of one message in `charset`, whatever its header says; in the header's own where there
    /// is none.
    ///
    /// # Errors
    /// Why nothing of it could be read.
    pub fn parse_in(charset: Option<Charset>, bytes: &[u8]) -> Result<Self, Unreadable> {
        let decoded = charset::decode(bytes, charset)?;
        let mut text = decoded.text;
        let separators = Header::find(text.as_bytes())?.separators();
        u32::try_from(text.len()).map_err(|_| Unreadable::TooLong)?;
        let mut lines = Lines::new(&text, separators.field);
        lines.read()?;
        let Lines { mut segments, small_names, mut oddities, .. } = lines;
        let marks = marks_of(&mut segments, &text, separators.field);
        for start in &small_names {
            if let Some(name) = text.get_mut(*start..*start + 3) {
                name.make_ascii_uppercase();
            }
        }
        oddities.small_names = small_names.len();
        oddities.unreadable_places = decoded.unreadable_places;
        Ok(Self { text, segments, marks, separators, charset: decoded.charset, oddities })
    }

    /// The segments in their order; the first is the header.
    #[must_use]
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = Segment<'_>> + ExactSizeIterator {
        self.segments.iter().map(|span| self.segment(*span))
    }

    /// The first segment of a name.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<Segment<'_>> {
        self.segments().find(|segment| segment.name() == name)
    }

    /// The header, MSH.
    #[must_use]
    pub fn header(&self) -> Segment<'_> {
        let nothing = Segment { raw: "", marks: &[], separators: self.separators };
        self.segments.first().map_or(nothing, |span| self.segment(*span))
    }

    /// The separators that this message names.
    #[must_use]
    pub const fn separators(&self) -> Separators {
        self.separators
    }

    /// The character set it was read in, by its WHATWG name.
    #[must_use]
    pub const fn charset(&self) -> &'static str {
        self.charset
    }

    /// What was unusual.
    #[must_use]
    pub const fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// All of its text, for people.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn segment(&self, span: Span) -> Segment<'_> {
        let raw = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let marks = self.marks.get(span.first_mark as usize..span.end_mark as usize).unwrap_or_default();
        Segment { raw, marks, separators: self.separators }
    }
}

impl<'a> Segment<'a> {
    /// Its name: three letters, unless its sender thinks otherwise.
    #[must_use]
    pub fn name(&self) -> &'a str {
        let field = self.separators.field;
        let is_usual =
            matches!(self.raw.as_bytes(), [_, _, third, mark, ..] if *third != field && *mark == field);
        let length = if is_usual { 3 } else { strange_name(self.raw, field).unwrap_or(3) };
        self.raw.get(..length).unwrap_or_default()
    }

    /// All of it, continuation lines too, without the end of its last line.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// Field `number` in HL7's numbering; absent where the segment is shorter.
    ///
    /// In MSH, FHS and BHS field 1 is the separator itself and field 2 the marks, which are not divided.
    #[must_use]
    pub fn field(&self, number: usize) -> Part<'a> {
        let is_header = matches!(self.name(), "MSH" | "FHS" | "BHS");
        let raw = match (is_header, number) {
            (_, 0) => "",
            (true, 1) => self.raw.get(3..4).unwrap_or_default(),
            (true, _) => self.nth(number - 1),
            (false, _) => self.nth(number),
        };
        let separators = match (is_header, number) {
            (true, 1 | 2) => {
                Separators { component: 0, repeat: 0, escape: None, subcomponent: None, ..self.separators }
            }
            _ => self.separators,
        };
        Part::new(raw, separators)
    }

    /// Piece `at`, the name being piece 0.
    fn nth(&self, at: usize) -> &'a str {
        let known = at.min(self.marks.len());
        let mark = |number: usize| self.marks.get(number).map(|mark| *mark as usize);
        let begin = known.checked_sub(1).and_then(mark).map_or(0, |before| before + 1);
        match mark(known) {
            Some(end) => self.raw.get(begin..end).unwrap_or_default(),
            None => part::piece(self.raw.get(begin..).unwrap_or_default(), self.separators.field, at - known),
        }
    }
}

/// Finds the first field marks of all segments. A text has no more places than a `u32` can say.
fn marks_of(segments: &mut [Span], text: &str, field: u8) -> Vec<u32> {
    let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut marks = Vec::new();
    for span in segments {
        let bytes = text.as_bytes().get(span.start as usize..span.end as usize).unwrap_or_default();
        span.first_mark = narrow(marks.len());
        marks.extend(memchr_iter(field, bytes).take(MARKS_MOST).map(narrow));
        span.end_mark = narrow(marks.len());
    }
    marks
}

/// Segments whose names are taken in small letters too: those that carry what a ward needs.
const TAKEN_SMALL: [&str; 10] = ["pid", "pv1", "obr", "obx", "nte", "orc", "evn", "mrg", "spm", "nk1"];

/// Goes over a text line by line and sorts its lines.
struct Lines<'a> {
    text: &'a str,
    field: u8,
    /// Whether segments end in a carriage return, so that a lone line feed is likelier to stand inside a
    /// text.
    ends_in_return: bool,
    in_message: bool,
    segments: Vec<Span>,
    small_names: Vec<usize>,
    oddities: Oddities,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Blank,
    Segment,
    SmallNamed,
    StrangeNamed,
    Continuation,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, field: u8) -> Self {
        Self {
            text,
            field,
            ends_in_return: ends_in_return(text),
            in_message: false,
            segments: Vec::new(),
            small_names: Vec::new(),
            oddities: Oddities::default(),
        }
    }

    fn read(&mut self) -> Result<(), Unreadable> {
        let bytes = self.text.as_bytes();
        let mut start = 0;
        let mut after_return = true;
        while start < bytes.len() {
            let rest = bytes.get(start..).unwrap_or_default();
            let end = memchr2(b'\r', b'\n', rest).map_or(bytes.len(), |at| start + at);
            self.take(start, end, after_return)?;
            // A line feed right after a return belongs to the return.
            let is_blank = start == end;
            after_return = bytes.get(end) == Some(&b'\r') || (is_blank && after_return);
            start = end + 1;
        }
        Ok(())
    }

    fn take(&mut self, start: usize, end: usize, after_return: bool) -> Result<(), Unreadable> {
        let line = self.text.get(start..end).unwrap_or_default();
        let padding = line.len() - line.trim_start_matches([' ', '\t', '\0', '\u{feff}']).len();
        let (start, line) = (start + padding, line.get(padding..).unwrap_or_default());
        self.in_message |= header::is_header(line.as_bytes());
        let kind = self.kind_of(line, after_return);
        match kind {
            Line::Blank => {}
            _ if !self.in_message => self.oddities.stray_lines += usize::from(!is_envelope(line)),
            Line::Segment => self.keep(start, end)?,
            Line::SmallNamed => {
                self.keep(start, end)?;
                self.small_names.push(start);
            }
            Line::StrangeNamed => {
                self.keep(start, end)?;
                self.oddities.strange_names += 1;
            }
            Line::Continuation => self.lengthen(end),
        }
        Ok(())
    }

    fn kind_of(&self, line: &str, after_return: bool) -> Line {
        let name = line.get(..3).unwrap_or_default();
        let has_fields = line.as_bytes().get(3) == Some(&self.field);
        let ends_a_segment = after_return || !self.ends_in_return;
        let is_bare = line.trim_end().len() == 3 && ends_a_segment;
        if line.trim().is_empty() {
            Line::Blank
        } else if is_name(name) && (has_fields || is_bare) {
            Line::Segment
        } else if has_fields && TAKEN_SMALL.contains(&name.to_ascii_lowercase().as_str()) {
            Line::SmallNamed
        } else if ends_a_segment && strange_name(line, self.field).is_some() {
            Line::StrangeNamed
        } else {
            Line::Continuation
        }
    }

    fn keep(&mut self, start: usize, end: usize) -> Result<(), Unreadable> {
        if self.segments.len() == MOST_SEGMENTS {
            return Err(Unreadable::TooManySegments);
        }
        let narrow = |at: usize| u32::try_from(at).map_err(|_| Unreadable::TooLong);
        self.segments.push(Span { start: narrow(start)?, end: narrow(end)?, first_mark: 0, end_mark: 0 });
        Ok(())
    }

    fn lengthen(&mut self, end: usize) {
        self.oddities.continued_lines += 1;
        if let (Some(last), Ok(end)) = (self.segments.last_mut(), u32::try_from(end)) {
            last.end = end;
        }
    }
}

/// Whether the header line ends in a carriage return that no line feed follows.
fn ends_in_return(text: &str) -> bool {
    let bytes = text.as_bytes();
    let start = header::starts(bytes).next().unwrap_or_default();
    let mut after = bytes.iter().skip(start).skip_while(|byte| !is_line_end(**byte));
    after.next() == Some(&b'\r') && after.next() != Some(&b'\n')
}

/// A capital, then two capitals or digits.
fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() == 3
        && bytes.first().is_some_and(u8::is_ascii_uppercase)
        && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// How long a segment's name of two or four letters is; `None` where the line has none such.
fn strange_name(line: &str, field: u8) -> Option<usize> {
    let is_letter = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let name = line.bytes().take_while(is_letter).count();
    let is_strange = matches!(name, 2 | 4) && line.as_bytes().get(name) == Some(&field);
    (is_strange && line.starts_with(|first: char| first.is_ascii_uppercase())).then_some(name)
}

fn is_envelope(line: &str) -> bool {
    line.starts_with("FHS") || line.starts_with("BHS")
}

#[cfg(test)]
mod tests;
