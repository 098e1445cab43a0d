//! Which types the parameters of a text must be of for the server to take it.
//!
//! A literal says its type, a parameter in its place may not. The server says where it
//! stumbled; the parameters nearest to that place are given types until it goes on,
//! and what moves the place of the error on is kept.

use std::collections::BTreeMap;

use super::explain::before_text;
use super::{Explain, Planner, Refused, Text, run};
use crate::server::ServerError;

/// Types that literals most often are of, the likelier first.
const TYPES: &[&str] = &[
    "int",
    "numeric",
    "text",
    "interval",
    "timestamptz",
    "boolean",
    "bigint[]",
    "text[]",
    "date",
    "jsonb",
    "inet",
    "uuid",
];
/// Parameters near the place of an error that are tried.
const NEAR: usize = 8;
/// Texts tried for one statement.
const MAX_TRIES: usize = 250;
/// Errors passed on the way.
const MAX_STEPS: usize = 10;
/// `indeterminate_datatype`, `ambiguous_parameter`.
const NO_TYPE: &[&str] = &["42P18", "42P08"];

/// A text that the server takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// With a type said of some parameters.
    pub text: Text,
    /// Type of each parameter, as the server found it.
    pub types: BTreeMap<u32, String>,
    /// Texts that were tried.
    pub tries: usize,
}

/// Where and why the server stumbled. The place is counted without the types said by us.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Objection {
    why: String,
    sqlstate: String,
    /// In the text as it was sent.
    at: usize,
    /// In the text without our types.
    plain: usize,
}

/// The text as the server takes it, with types for parameters where it needs them.
pub async fn accepted(
    planner: &mut impl Planner,
    explain: &mut Explain,
    before: &[String],
    text: Text,
) -> Result<Accepted, Refused> {
    let mut search = Search { planner, explain, before, tries: 0 };
    let mut best = match search.attempt(&text).await? {
        Ok(types) => return Ok(Accepted { text, types, tries: 1 }),
        Err(objection) => (text, objection),
    };
    for _ in 0..MAX_STEPS {
        match search.step(&best.0, &best.1).await? {
            Step::Found(text, types) => return Ok(Accepted { text, types, tries: search.tries }),
            Step::Further(text, objection) => best = (text, objection),
            Step::Stuck => break,
        }
    }
    Err(Refused::Rejected { why: best.1.why })
}

enum Step {
    Found(Text, BTreeMap<u32, String>),
    Further(Text, Objection),
    Stuck,
}

struct Search<'a, P: Planner> {
    planner: &'a mut P,
    explain: &'a mut Explain,
    before: &'a [String],
    tries: usize,
}

impl<P: Planner> Search<'_, P> {
    /// The types of the parameters, or what the server does not like; an error where it cannot be asked.
    async fn attempt(&mut self, text: &Text) -> Result<Result<BTreeMap<u32, String>, Objection>, Refused> {
        self.tries += 1;
        let script = self.explain.types(text);
        match run(self.planner, self.before, &script).await {
            Ok(types) => Ok(Ok((1..).zip(types).collect())),
            Err(ServerError::Statement { sqlstate, message, position }) => {
                let before = before_text(&script.statements[0]);
                // counted from 1
                let at = position.unwrap_or(1).saturating_sub(before + 1);
                Ok(Err(Objection { why: message, sqlstate, at, plain: text.without_casts(at) }))
            }
            Err(error) => Err(Refused::of(&error)),
        }
    }

    /// All single casts near the error, then all at once, then the nearest together.
    async fn step(&mut self, text: &Text, objection: &Objection) -> Result<Step, Refused> {
        if let Some(untyped) = said_untyped(text, objection) {
            return self.first(vec![untyped], objection).await;
        }
        let near = text.untyped(objection.at);
        let each = |of_type: &&'static str| {
            let one = near.iter().take(NEAR).map(|place| text.cast(&[*place], of_type));
            one.chain([text.cast(&near, of_type)]).collect::<Vec<_>>()
        };
        let step = self.first(TYPES.iter().flat_map(each).collect(), objection).await?;
        if !matches!(step, Step::Stuck) {
            return Ok(step);
        }
        let together = (2..=near.len().min(6))
            .flat_map(|count| TYPES[..3].iter().map(move |of_type| (count, *of_type)))
            .map(|(count, of_type)| text.cast(&near[..count], of_type));
        self.first(together.collect(), objection).await
    }

    /// The first text that the server takes, else the one that it reads furthest.
    async fn first(&mut self, texts: Vec<Text>, objection: &Objection) -> Result<Step, Refused> {
        let mut best: Option<(Text, Objection)> = None;
        for text in texts {
            if self.tries >= MAX_TRIES {
                break;
            }
            match self.attempt(&text).await? {
                Ok(types) => return Ok(Step::Found(text, types)),
                Err(next) => {
                    let moved = next.plain > objection.plain || untyped_now(objection, &next);
                    let further = best.as_ref().is_none_or(|(_, best)| next.plain > best.plain);
                    if next.why != objection.why && moved && further {
                        best = Some((text, next));
                    }
                }
            }
        }
        Ok(best.map_or(Step::Stuck, |(text, next)| Step::Further(text, next)))
    }
}

/// That some other parameter has no type is said at the end, without a place.
fn untyped_now(before: &Objection, next: &Objection) -> bool {
    NO_TYPE.contains(&next.sqlstate.as_str()) && number_in(&next.why) != number_in(&before.why)
}

/// A parameter that may be of any type is a text, as a literal there would be.
fn said_untyped(text: &Text, objection: &Objection) -> Option<Text> {
    NO_TYPE.contains(&objection.sqlstate.as_str()).then_some(())?;
    let places = text.places_of(number_in(&objection.why)?);
    (!places.is_empty()).then(|| text.cast(&places, "text"))
}

fn number_in(message: &str) -> Option<u32> {
    let digits = message.split_once('$')?.1;
    let end = digits.find(|one: char| !one.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}
