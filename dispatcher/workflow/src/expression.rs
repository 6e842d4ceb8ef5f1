//! CEL as its parser gives it: expressions, each at its place in the text.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo, operators};
use cel::parser::Parser;

use crate::bounds::MAX_CONDITION;

/// How deep parentheses, brackets and calls may nest: more than anybody reads.
const MAX_NESTING: usize = 16;
/// The parser's stack, in bytes: more than twice what [`MAX_NESTING`] takes in a program that is not optimised.
const STACK: usize = 8 * 1024 * 1024;

/// Something wrong with a condition, at an offset in its text, in characters.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) start: usize,
    pub(crate) length: usize,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Fault {
    pub(crate) fn whole(text: &str, message: impl Into<String>, help: &str) -> Self {
        Self { start: 0, length: text.chars().count(), message: message.into(), help: help.into() }
    }
}

/// A text that has been parsed.
pub(crate) struct Parsed<'a> {
    text: &'a str,
    pub(crate) expression: IdedExpr,
    offsets: SourceInfo,
}

/// Parses a condition, if it is of a size that a person reads.
pub(crate) fn parse(text: &str) -> Result<Parsed<'_>, Fault> {
    if text.chars().count() > MAX_CONDITION {
        let message = format!("the condition is longer than {MAX_CONDITION} characters");
        return Err(Fault::whole(text, message, "let a phase's output hold what it decides"));
    }
    if nesting(text) > MAX_NESTING {
        return Err(Fault::whole(text, format!("the condition nests deeper than {MAX_NESTING}"), "write it flatter"));
    }
    // On a stack of its own: the parser goes deep even into what looks flat, and no condition may end the program.
    let parsed = std::thread::scope(|scope| {
        let parsing = std::thread::Builder::new().stack_size(STACK);
        let parsing = parsing.spawn_scoped(scope, || Parser::new().parse_with_source_info(text)).ok()?;
        parsing.join().ok()
    });
    let cannot = || Fault::whole(text, "the condition cannot be parsed", "write it more simply");
    match parsed {
        Some(Ok((expression, offsets))) => Ok(Parsed { text, expression, offsets }),
        Some(Err(errors)) => Err(errors.errors.first().map_or_else(cannot, |error| syntax(text, error))),
        None => Err(cannot()),
    }
}

impl Parsed<'_> {
    /// Where a part is, in characters: from the first of its pieces to the last.
    pub(crate) fn range(&self, part: &IdedExpr) -> (usize, usize) {
        let most = self.text.chars().count();
        // The parser counts bytes.
        let characters = |bytes: u32| self.text.char_indices().take_while(|(at, _)| *at < bytes as usize).count();
        let (start, end) = self.offsets.offset_for(part.id).unwrap_or_default();
        let (mut start, mut end) = (characters(start), characters(end.saturating_add(1)));
        let mut widen = |inner: &IdedExpr| {
            let (from, to) = self.range(inner);
            (start, end) = (start.min(from), end.max(to));
        };
        match &part.expr {
            Expr::Select(select) => {
                widen(&select.operand);
                end = (end + 1 + select.field.chars().count()).min(most);
            }
            Expr::Call(call) => call.target.iter().map(Box::as_ref).chain(&call.args).for_each(widen),
            Expr::List(list) => list.elements.iter().for_each(widen),
            Expr::Unspecified
            | Expr::Comprehension(_)
            | Expr::Ident(_)
            | Expr::Literal(_)
            | Expr::Map(_)
            | Expr::Struct(_) => {}
        }
        (start, end.max(start))
    }
}

/// `a.b["c"]` as its words.
pub(crate) fn path(part: &IdedExpr) -> Option<Vec<String>> {
    match &part.expr {
        Expr::Ident(name) => Some(vec![name.clone()]),
        Expr::Select(SelectExpr { operand, field, test: false }) => {
            let mut path = path(operand)?;
            path.push(field.clone());
            Some(path)
        }
        Expr::Call(CallExpr { func_name, args, .. }) if func_name == operators::INDEX => match args.as_slice() {
            [operand, IdedExpr { expr: Expr::Literal(LiteralValue::String(field)), .. }] => {
                let mut path = path(operand)?;
                path.push(field.inner().to_owned());
                Some(path)
            }
            _ => None,
        },
        Expr::Unspecified
        | Expr::Select(_)
        | Expr::Call(_)
        | Expr::Comprehension(_)
        | Expr::List(_)
        | Expr::Literal(_)
        | Expr::Map(_)
        | Expr::Struct(_) => None,
    }
}
/// How deep the parser would have to go.
fn nesting(text: &str) -> usize {
    let (mut depth, mut signs, mut most) = (0_usize, 0_usize, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' | '?' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '!' | '-' => signs += 1,
            _ if c.is_whitespace() => {}
            _ => signs = 0,
        }
        most = most.max(depth + signs);
    }
    most
}

fn syntax(text: &str, error: &cel::ParseError) -> Fault {
    let (line, column) =
        (usize::try_from(error.pos.0).unwrap_or(1).max(1), usize::try_from(error.pos.1).unwrap_or(1).max(1));
    let before: usize = text.split_inclusive('\n').take(line - 1).map(|line| line.chars().count()).sum();
    let message = error.msg.lines().next().unwrap_or_default().trim_start_matches("Syntax error: ");
    let message = message.split_once("expecting").map_or(message, |(what, _)| what).trim_end_matches([' ', ',']);
    let message = message.replace("'<EOF>'", "at the end");
    Fault {
        start: (before + column - 1).min(text.chars().count()),
        length: 1,
        message: format!("this is not CEL: {message}"),
        help: "write it as plan.output.risk == \"high\" || has(plan.output.files)".into(),
    }
}
