//! Constants in the place of parameters, where somebody knows what a parameter always is.

use std::collections::BTreeMap;

use sqlparser::tokenizer::Token;

use super::tokens::Tokens;

/// The text with these constants, given as SQL by the number of the parameter; the parameters that are left are numbered
/// anew, without a gap. `None` where the text cannot be cut into tokens.
pub fn put(text: &str, constants: &BTreeMap<u32, String>) -> Option<String> {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    let tokens = Tokens::of(text).ok()?;
    for (token, place) in tokens.originals.iter().zip(&tokens.spans) {
        let Some(number) = number(token) else { continue };
        out.push_str(text.get(from..place.start)?);
        match constants.get(&number) {
            Some(constant) => out.push_str(constant),
            None => out.extend(["$".to_owned(), (number as usize - constants.range(..number).count()).to_string()]),
        }
        from = place.end;
    }
    out.push_str(text.get(from..)?);
    Some(out)
}

/// The numbers of a text's parameters as they follow each other; `None` where a list stands for several.
pub fn parameters(text: &str) -> Option<Vec<u32>> {
    let tokens = Tokens::of(text).ok().filter(|tokens| !tokens.squashed)?;
    Some(tokens.originals.iter().filter_map(number).collect())
}

fn number(token: &Token) -> Option<u32> {
    let Token::Placeholder(name) = token else { return None };
    name.strip_prefix('$')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_after_a_constant_move_up() {
        let put = |text: &str, number: u32| put(text, &[(number, "'open'".to_owned())].into());
        let text = "SELECT * FROM t WHERE a = $1 AND state = $2 AND b = $3 -- $2";
        assert_eq!(put(text, 2).as_deref(), Some("SELECT * FROM t WHERE a = $1 AND state = 'open' AND b = $2 -- $2"));
        assert_eq!(put("SELECT $2, $1, $2", 2).as_deref(), Some("SELECT 'open', $1, 'open'"));
        assert_eq!(parameters("SELECT $2, '$3', $1"), Some(vec![2, 1]));
        assert_eq!(parameters("SELECT 1 WHERE a IN ($1 /*, ... */)"), None);
    }
}
