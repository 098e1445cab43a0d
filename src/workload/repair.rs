//! What normalisation and `PostgreSQL`'s grammar put into a text that sqlparser does not take.
//!
//! `pg_stat_statements` replaces literals by parameters even where a parameter is no
//! SQL (`INTERVAL $1`). Each repair looks at the tokens from one place on and says
//! what to put in their stead; the new tokens keep the places of the old ones, so
//! spans stay spans of the original text. Fingerprints are taken before repairs.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::tokens::{Lexed, closing, is, is_constant, is_word, word};

/// The name under which EXTRACT's lost field is parsed.
pub(super) const LOST_FIELD: &str = "pgassay_lost_field";
/// The alias given to a function with a column definition list, which has none.
const RECORD: &str = "pgassay_record";

/// How many tokens to take out, and what to put there.
type Rewrite = (usize, Vec<Lexed>);
/// Tokens from one place on, and whatever comes before them.
type Repair = fn(&[Lexed], &[Lexed]) -> Option<Rewrite>;

/// Every repair by its name; the first that answers is applied.
const REPAIRS: &[(&str, Repair)] = &[
    ("interval", interval),
    ("typed-parameter", typed_parameter),
    ("extract-field", extract_field),
    ("conflict-target", conflict_target),
    ("only", only),
    ("record-columns", record_columns),
    ("variadic", variadic),
    ("rows-from", rows_from),
    ("frame-exclusion", frame_exclusion),
    ("overriding", overriding),
    ("subscript-assignment", subscript_assignment),
    ("current-of", current_of),
    ("lock-strength", lock_strength),
    ("qualified-operator", qualified_operator),
];

/// The tokens as the parser takes them, and the names of the repairs that were needed.
pub(super) fn repair(list: &[Lexed]) -> (Vec<Lexed>, Vec<&'static str>) {
    let mut out: Vec<Lexed> = Vec::with_capacity(list.len() + 8);
    let mut names = Vec::new();
    let mut at = 0;
    while at < list.len() {
        let found = REPAIRS.iter().find_map(|(name, repair)| Some((name, repair(&list[at..], &out)?)));
        if let Some((name, (taken, put))) = found {
            out.extend(put);
            at += taken;
            if !names.contains(name) {
                names.push(*name);
            }
        } else {
            out.push(list[at].clone());
            at += 1;
        }
    }
    (out, names)
}

fn unquoted(lexed: Option<&Lexed>) -> Option<&Word> {
    match lexed {
        Some(Lexed { token: Token::Word(word), .. }) if word.quote_style.is_none() => Some(word),
        _ => None,
    }
}

fn has(lexed: Option<&Lexed>, token: &Token) -> bool {
    lexed.is_some_and(|lexed| lexed.token == *token)
}

fn says(lexed: Option<&Lexed>, text: &str) -> bool {
    is_word(lexed.map(|lexed| &lexed.token), text)
}

/// `(value::type)` in the place of the tokens from `first` to `last`.
fn cast(first: &Lexed, value: &Lexed, of_type: &[Lexed], last: &Lexed) -> Vec<Lexed> {
    let at = |token: Token, lexed: &Lexed| Lexed { token, origin: lexed.origin };
    let mut out = vec![at(Token::LParen, first), value.clone(), at(Token::DoubleColon, value)];
    out.extend_from_slice(of_type);
    out.push(at(Token::RParen, last));
    out
}

/// `INTERVAL $1 [DAY [TO SECOND]]`, `INTERVAL(3) $1`.
fn interval(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    is(list.first(), Keyword::INTERVAL).then_some(())?;
    let value = if has(list.get(1), &Token::LParen) { closing(list, 1)? + 1 } else { 1 };
    list.get(value).filter(|lexed| is_constant(&lexed.token))?;
    let mut end = value;
    if is_unit(list.get(end + 1)) {
        end += 1;
        if is(list.get(end + 1), Keyword::TO) && is_unit(list.get(end + 2)) {
            end += 2;
        }
    }
    Some((end + 1, cast(&list[0], &list[value], &list[..1], &list[end])))
}

pub(super) fn is_unit(lexed: Option<&Lexed>) -> bool {
    ["year", "month", "day", "hour", "minute", "second"].iter().any(|unit| says(lexed, unit))
}

/// `DATE $1`, `timestamp(3) with time zone $1`, `inet $1`: any word that is no key word of an expression.
fn typed_parameter(list: &[Lexed], before: &[Lexed]) -> Option<Rewrite> {
    let first = unquoted(list.first())?;
    if NOT_A_TYPE.contains(&first.value.to_ascii_lowercase().as_str()) || has(before.last(), &Token::DoubleColon) {
        return None;
    }
    let mut end = 1;
    while ["precision", "varying"].iter().any(|text| says(list.get(end), text)) {
        end += 1;
    }
    if has(list.get(end), &Token::LParen) && is_time(first) {
        end = closing(list, end)? + 1;
    }
    if is(list.get(end), Keyword::WITH) || is(list.get(end), Keyword::WITHOUT) {
        (is(list.get(end + 1), Keyword::TIME) && is(list.get(end + 2), Keyword::ZONE)).then_some(())?;
        end += 3;
    }
    let value = list.get(end).filter(|lexed| matches!(lexed.token, Token::Placeholder(_)))?;
    Some((end + 1, cast(&list[0], value, &list[..end], value)))
}

fn is_time(word: &Word) -> bool {
    matches!(word.keyword, Keyword::TIME | Keyword::TIMESTAMP | Keyword::TIMESTAMPTZ)
}

/// Words that may stand before a parameter without being its type, in order.
#[rustfmt::skip]
pub const NOT_A_TYPE: &[&str] = &[
    "all", "and", "any", "array", "as", "asymmetric", "at", "between", "both", "by", "case", "collate", "distinct", "else", "end",
    "escape", "except", "exists", "fetch", "filter", "first", "following", "for", "from", "groups", "having", "ilike", "in",
    "intersect", "into", "is", "isnull", "leading", "like", "limit", "next", "not", "notnull", "offset", "on", "only", "operator",
    "or", "over", "overlaps", "placing", "preceding", "range", "return", "returning", "row", "rows", "select", "set", "similar",
    "some", "symmetric", "then", "to", "trailing", "uescape", "union", "using", "values", "when", "where", "window", "with", "zone",
];

/// `EXTRACT($1 FROM x)`.
fn extract_field(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    is(list.first(), Keyword::EXTRACT).then_some(())?;
    let field = list.get(2).filter(|lexed| matches!(lexed.token, Token::Placeholder(_)))?;
    (has(list.get(1), &Token::LParen) && is(list.get(3), Keyword::FROM)).then_some(())?;
    let named = Lexed { token: word(LOST_FIELD), origin: field.origin };
    Some((3, vec![list[0].clone(), list[1].clone(), named]))
}

/// `ON CONFLICT (lower(x)) WHERE … DO`: the target says nothing that binding needs.
fn conflict_target(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    (is(list.first(), Keyword::ON) && is(list.get(1), Keyword::CONFLICT) && has(list.get(2), &Token::LParen))
        .then_some(())?;
    let close = closing(list, 2)?;
    let plain = list[3..close].iter().enumerate().all(|(at, lexed)| match at % 2 {
        0 => matches!(lexed.token, Token::Word(_)),
        _ => lexed.token == Token::Comma,
    });
    let filtered = is(list.get(close + 1), Keyword::WHERE);
    (!plain || filtered).then_some(())?;
    let action = list[close + 1..].iter().position(|lexed| is(Some(lexed), Keyword::DO))?;
    Some((close + 1 + action, list[..2].to_vec()))
}

/// `FROM ONLY t`, `UPDATE ONLY t`; with parentheses too.
fn only(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    let introduces = [Keyword::FROM, Keyword::JOIN, Keyword::UPDATE, Keyword::USING].iter();
    (introduces.clone().any(|word| is(list.first(), *word)) && is(list.get(1), Keyword::ONLY)).then_some(())?;
    if has(list.get(2), &Token::LParen) {
        let close = closing(list, 2)?;
        let mut put = vec![list[0].clone()];
        put.extend_from_slice(&list[3..close]);
        return Some((close + 1, put));
    }
    matches!(list.get(2)?.token, Token::Word(_)).then(|| (2, list[..1].to_vec()))
}

/// `f(…) AS (a int, b text)`: gets an alias.
fn record_columns(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    let opens = has(list.first(), &Token::RParen) && is(list.get(1), Keyword::AS) && has(list.get(2), &Token::LParen);
    let column = list.get(3).filter(|lexed| matches!(lexed.token, Token::Word(_)))?;
    let statement = ["select", "with", "values", "table", "insert", "update", "delete", "merge"]
        .iter()
        .any(|text| says(Some(column), text));
    let of_type = matches!(list.get(4)?.token, Token::Word(_));
    let alias = Lexed { token: word(RECORD), origin: list[1].origin };
    (opens && !statement && of_type).then(|| (2, vec![list[0].clone(), list[1].clone(), alias]))
}

/// `f(VARIADIC x)`.
fn variadic(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    let argument = has(list.first(), &Token::LParen) || has(list.first(), &Token::Comma);
    let followed = !matches!(list.get(2)?.token, Token::Comma | Token::RParen | Token::Period);
    (argument && says(list.get(1), "variadic") && followed).then(|| (2, list[..1].to_vec()))
}

/// `ROWS FROM (f(), g())` is read as one function.
fn rows_from(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    let all = is(list.first(), Keyword::ROWS) && is(list.get(1), Keyword::FROM) && has(list.get(2), &Token::LParen);
    all.then(|| (2, vec![Lexed { token: word("rows_from"), origin: list[0].origin }]))
}

/// `EXCLUDE CURRENT ROW` and the like at the end of a window frame.
fn frame_exclusion(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    says(list.first(), "exclude").then_some(())?;
    let taken = match unquoted(list.get(1))?.value.to_ascii_lowercase().as_str() {
        "current" | "no" => 3,
        "group" | "ties" => 2,
        _ => return None,
    };
    has(list.get(taken), &Token::RParen).then(|| (taken, Vec::new()))
}

/// `INSERT … OVERRIDING SYSTEM VALUE`.
fn overriding(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    let kind = says(list.get(1), "system") || says(list.get(1), "user");
    (says(list.first(), "overriding") && kind && says(list.get(2), "value")).then(|| (3, Vec::new()))
}

/// `UPDATE t SET a[1] = …` sets the column.
fn subscript_assignment(list: &[Lexed], before: &[Lexed]) -> Option<Rewrite> {
    let updates = is(before.first(), Keyword::UPDATE);
    let assigned = is(before.last(), Keyword::SET) || has(before.last(), &Token::Comma);
    (updates && assigned && has(list.get(1), &Token::LBracket)).then_some(())?;
    matches!(list[0].token, Token::Word(_)).then_some(())?;
    let mut close = closing(list, 1)?;
    while has(list.get(close + 1), &Token::LBracket) {
        close = closing(list, close + 1)?;
    }
    has(list.get(close + 1), &Token::Eq).then(|| (close + 1, list[..1].to_vec()))
}

/// `WHERE CURRENT OF cursor`.
fn current_of(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    let all = is(list.first(), Keyword::WHERE) && says(list.get(1), "current") && says(list.get(2), "of");
    all.then(|| (4.min(list.len()), Vec::new()))
}

/// `FOR NO KEY UPDATE`, `FOR KEY SHARE`.
fn lock_strength(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    is(list.first(), Keyword::FOR).then_some(())?;
    if says(list.get(1), "no") && says(list.get(2), "key") && is(list.get(3), Keyword::UPDATE) {
        return Some((3, list[..1].to_vec()));
    }
    (says(list.get(1), "key") && is(list.get(2), Keyword::SHARE)).then(|| (2, list[..1].to_vec()))
}

/// `a OPERATOR(pg_catalog.=) b`, as foreign keys' own checks have it.
fn qualified_operator(list: &[Lexed], _: &[Lexed]) -> Option<Rewrite> {
    (is(list.first(), Keyword::OPERATOR) && has(list.get(1), &Token::LParen)).then_some(())?;
    let close = closing(list, 1)?;
    let operator = list.get(close.checked_sub(1)?)?;
    (!matches!(operator.token, Token::Word(_) | Token::LParen)).then(|| (close + 1, vec![operator.clone()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::tokens::Tokens;

    fn repaired(text: &str) -> (String, Vec<&'static str>) {
        let (list, names) = repair(&Tokens::of(text).expect("tokens").list);
        (list.iter().map(|lexed| lexed.token.to_string()).collect::<Vec<_>>().join(" "), names)
    }

    #[test]
    fn each_repair_mends_its_case() {
        for (name, text, expected) in [
            ("interval", "now() - INTERVAL $1", "now ( ) - ( $1 :: INTERVAL )"),
            ("interval", "INTERVAL $1 DAY TO SECOND", "( $1 :: INTERVAL )"),
            ("interval", "interval(3) $1", "( $1 :: interval )"),
            ("typed-parameter", "x >= DATE $1", "x >= ( $1 :: DATE )"),
            ("typed-parameter", "TIMESTAMP(3) WITH TIME ZONE $2", "( $2 :: TIMESTAMP ( 3 ) WITH TIME ZONE )"),
            ("typed-parameter", "double precision $1", "( $1 :: double precision )"),
            ("typed-parameter", "ip <<= inet $1", "ip <<= ( $1 :: inet )"),
            ("extract-field", "extract($1 from x)", "extract ( pgassay_lost_field from x )"),
            ("conflict-target", "on conflict (lower(a)) do nothing", "on conflict do nothing"),
            ("conflict-target", "on conflict (a) where b do nothing", "on conflict do nothing"),
            ("only", "FROM ONLY \"public\".\"t\" x", "FROM \"public\" . \"t\" x"),
            ("record-columns", "f($1) as (a int)", "f ( $1 ) as pgassay_record ( a int )"),
            ("variadic", "f(a, VARIADIC b)", "f ( a , b )"),
            ("rows-from", "ROWS FROM (f(), g())", "rows_from ( f ( ) , g ( ) )"),
            ("frame-exclusion", "current row exclude ties)", "current row )"),
            ("overriding", "overriding system value values", "values"),
            ("subscript-assignment", "update t set a[1][2] = $1", "update t set a = $1"),
            ("current-of", "delete from t where current of c", "delete from t"),
            ("lock-strength", "for no key update", "for update"),
            ("lock-strength", "for key share of x", "for share of x"),
            ("qualified-operator", "a OPERATOR(pg_catalog.=) $1", "a = $1"),
        ] {
            assert_eq!(repaired(text), (expected.to_owned(), vec![name]), "{text}");
        }
    }

    #[test]
    fn what_needs_no_repair_is_left_alone() {
        for text in [
            "select $1 as x , a between $2 and $3 limit $4 offset $5",
            "a like $1 escape $2 or not $3",
            "on conflict ( a , b ) do nothing",
            "with x as ( select 1 )",
            "with x ( a ) as ( select 1 )",
            "extract ( year from x )",
            "fetch first $1 rows only",
            "for update of t",
            "case x when $1 then $2 else $3 end",
            "a at time zone $1",
            "rows between $1 preceding and $2 following",
        ] {
            assert_eq!(repaired(text), (text.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn repaired_tokens_keep_the_places_of_the_old_ones() {
        let tokens = Tokens::of("a > interval $1 day").expect("tokens");
        let (list, _) = repair(&tokens.list);
        let origins: Vec<usize> = list.iter().map(|lexed| lexed.origin).collect();
        assert_eq!(origins, [0, 1, 2, 3, 3, 2, 4]);
    }
}
