//! YAML as a tree in which everything knows its place, read strictly and within bounds.
//!
//! Stricter than the format: one document, no tags, no merge keys, no key twice, keys are words. An alias costs as many
//! values as it repeats, so that nothing grows beyond what it says.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr::Scalar;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::bounds::{MAX_ALIASES, MAX_DEPTH, MAX_FILE, MAX_NODES, MAX_PROBLEMS};
use crate::node::{Key, Map, Node, Value};
use crate::problem::{Place, Problem, Source};

/// Reads the file's one document.
pub(crate) fn parse(source: &Source<'_>) -> Result<Node, Vec<Problem>> {
    if source.text.len() > MAX_FILE {
        let help = format!("a workflow file has at most {MAX_FILE} bytes: put long texts into prompts");
        return Err(vec![source.problem(Place::START, format!("the file has {} bytes", source.text.len()), help)]);
    }
    let mut tree = Tree {
        source,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
        aliases: 0,
        root: None,
        found: Vec::new(),
    };
    match tree.read() {
        Ok(()) => {}
        Err(fatal) => tree.found.push(*fatal),
    }
    match tree.root {
        _ if !tree.found.is_empty() => Err(tree.found),
        Some(root) => Ok(root),
        None => Err(vec![source.problem(
            Place::START,
            "the file is empty",
            "write at least `name`, `description` and `phases`",
        )]),
    }
}

/// A collection whose end has not come.
struct Open {
    anchor: usize,
    node: Node,
    key: Option<Key>,
}

struct Tree<'a> {
    source: &'a Source<'a>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
    aliases: usize,
    root: Option<Node>,
    found: Vec<Problem>,
}

impl<'a> Tree<'a> {
    fn read(&mut self) -> Result<(), Box<Problem>> {
        let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(self.source.text);
        loop {
            let (event, span) = match parser.next_event() {
                None => return Ok(()),
                Some(Ok(next)) => next,
                Some(Err(error)) => {
                    let place =
                        Place { line: error.marker().line().max(1), column: error.marker().col() + 1, length: 1 };
                    let help = "check the indentation and the quotes of this line and the one before";
                    return Err(Box::new(self.source.problem(
                        place,
                        format!("this is not YAML: {}", error.info()),
                        help,
                    )));
                }
            };
            match event {
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(_) => {
                    if self.root.is_some() {
                        return Err(self.fatal(span, "a second document begins here", "keep one workflow per file"));
                    }
                }
                Event::Alias(anchor) => self.alias(anchor, span)?,
                Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), span)?,
                Event::SequenceStart(anchor, tag) => {
                    self.begin(Value::List(Vec::new()), anchor, tag.as_deref(), span)?
                }
                Event::MappingStart(anchor, tag) => {
                    self.begin(Value::Map(Map::default()), anchor, tag.as_deref(), span)?
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(Open { anchor, node, .. }) = self.open.pop() {
                        self.close(anchor, node)?;
                    }
                }
            }
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Box<Problem>> {
        self.untagged(tag, span);
        self.count(1, span)?;
        let place = place(span, &text);
        if self.wants_key() {
            return self.key(text.into_owned(), place);
        }
        let value = match Scalar::parse_from_cow_and_metadata(text.clone(), style, None) {
            Some(Scalar::Null) => Value::Null,
            Some(Scalar::Boolean(flag)) => Value::Flag(flag),
            Some(Scalar::Integer(_) | Scalar::FloatingPoint(_)) => Value::Number(text.into_owned()),
            Some(Scalar::String(_)) | None => Value::Text(text.into_owned()),
        };
        self.close(anchor, Node { place, value })
    }

    fn begin(&mut self, value: Value, anchor: usize, tag: Option<&Tag>, span: Span) -> Result<(), Box<Problem>> {
        self.untagged(tag, span);
        self.count(1, span)?;
        if self.wants_key() {
            return Err(self.fatal(
                span,
                "a key is a list or a mapping",
                "write a word before the colon, and quote text that begins with [ or {",
            ));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(self.fatal(
                span,
                format!("this is nested more than {MAX_DEPTH} deep"),
                "a workflow file is flat",
            ));
        }
        self.open.push(Open { anchor, node: Node { place: place(span, ""), value }, key: None });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Box<Problem>> {
        self.aliases += 1;
        if self.aliases > MAX_ALIASES {
            return Err(self.fatal(span, format!("more than {MAX_ALIASES} aliases"), "write the values out"));
        }
        if self.wants_key() {
            return Err(self.fatal(span, "an alias stands where a key is expected", "write the key out"));
        }
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(self.fatal(span, "this alias repeats a value that contains it", "write the value out"));
        };
        let (mut node, size) = (node.clone(), *size);
        self.count(size, span)?;
        node.place = place(span, "");
        self.close(0, node)
    }

    /// Puts a finished value where it belongs.
    fn close(&mut self, anchor: usize, node: Node) -> Result<(), Box<Problem>> {
        if anchor > 0 {
            let size = size(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { node: parent, key, .. }) => match &mut parent.value {
                Value::List(items) => items.push(node),
                Value::Map(map) => {
                    if let Some(key) = key.take() {
                        map.entries.push((key, node));
                    }
                }
                Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) => {}
            },
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        self.open.last().is_some_and(|open| matches!(open.node.value, Value::Map(_)) && open.key.is_none())
    }

    fn key(&mut self, text: String, place: Place) -> Result<(), Box<Problem>> {
        if text == "<<" {
            self.refuse(place, "merge keys (`<<`) are not part of the language", "write the keys out");
        }
        if let Some(first) = self.open.last().and_then(|open| open.node.value.key(&text)) {
            let message = format!("the key `{text}` stands twice; the first is in line {}", first.place.line);
            self.refuse(place, &message, "keep one of them");
        }
        if let Some(open) = self.open.last_mut() {
            open.key = Some(Key { place, text });
        }
        Ok(())
    }

    fn untagged(&mut self, tag: Option<&Tag>, span: Span) {
        if let Some(tag) = tag {
            let message = format!("the tag `{}{}` is not part of the language", tag.handle, tag.suffix);
            self.refuse(place(span, ""), &message, "remove it; quote what must be text");
        }
    }

    fn refuse(&mut self, place: Place, message: &str, help: &str) {
        if self.found.len() < MAX_PROBLEMS {
            self.found.push(self.source.problem(place, message, help));
        }
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Box<Problem>> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(self.fatal(
                span,
                format!("more than {MAX_NODES} values, those that aliases repeat included"),
                "a workflow file is small: write less, or without aliases",
            ));
        }
        Ok(())
    }

    fn fatal(&self, span: Span, message: impl Into<String>, help: &str) -> Box<Problem> {
        Box::new(self.source.problem(place(span, ""), message, help))
    }
}

/// Where an event is; its caret is as wide as the text if that is in one line.
fn place(span: Span, text: &str) -> Place {
    let (line, column) = (span.start.line().max(1), span.start.col() + 1);
    let length = if span.end.line() == span.start.line() {
        span.end.col().saturating_sub(span.start.col())
    } else {
        text.lines().next().map_or(1, |first| first.chars().count())
    };
    Place { line, column, length: length.max(1) }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(map) => 1 + map.entries.iter().map(|(_, value)| 1 + size(value)).sum::<usize>(),
    }
}
