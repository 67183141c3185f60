//! Evaluates sums and products of whole numbers.
//!
//! ```
//! assert_eq!(calc::evaluate("2 + 3 * 4"), Ok(14));
//! ```

mod tokens;

pub use tokens::{tokenize, Token};

/// Why an expression has no value.
#[derive(Debug, PartialEq, Eq, Clone)]
pub enum Error {
    Unexpected(char),
    Incomplete,
    DivisionByZero,
    Overflow,
}

/// The value of an expression.
///
/// ```
/// use calc::{evaluate, Error};
/// assert_eq!(evaluate("7 / 2"), Ok(3));
/// assert_eq!(evaluate("1 / 0"), Err(Error::DivisionByZero));
/// ```
///
/// Numbers that do not fit are refused:
///
/// ```should_panic
/// calc::evaluate("9223372036854775807 + 1").unwrap();
/// ```
pub fn evaluate(text: &str) -> Result<i64, Error> {
    let tokens = tokenize(text)?;
    let mut position = 0;
    let value = sum(&tokens, &mut position)?;
    if position == tokens.len() {
        Ok(value)
    } else {
        Err(Error::Incomplete)
    }
}

fn sum(tokens: &[Token], position: &mut usize) -> Result<i64, Error> {
    let mut value = product(tokens, position)?;
    while let Some(operator @ (Token::Plus | Token::Minus)) = tokens.get(*position) {
        *position += 1;
        let right = product(tokens, position)?;
        let result = match operator {
            Token::Plus => value.checked_add(right),
            _ => value.checked_sub(right),
        };
        value = result.ok_or(Error::Overflow)?;
    }
    Ok(value)
}

fn product(tokens: &[Token], position: &mut usize) -> Result<i64, Error> {
    let mut value = number(tokens, position)?;
    while let Some(operator @ (Token::Times | Token::Over)) = tokens.get(*position) {
        *position += 1;
        let right = number(tokens, position)?;
        value = match operator {
            Token::Times => value.checked_mul(right).ok_or(Error::Overflow)?,
            _ if right == 0 => return Err(Error::DivisionByZero),
            _ => value.checked_div(right).ok_or(Error::Overflow)?,
        };
    }
    Ok(value)
}

fn number(tokens: &[Token], position: &mut usize) -> Result<i64, Error> {
    match tokens.get(*position) {
        Some(Token::Number(value)) => {
            *position += 1;
            Ok(*value)
        }
        _ => Err(Error::Incomplete),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_bind_tighter() {
        assert_eq!(evaluate("2 + 3 * 4"), Ok(14));
    }

    #[test]
    fn differences_go_from_the_left() {
        assert_eq!(evaluate("9 - 3 - 2"), Ok(4));
    }

    #[test]
    fn incomplete_expressions_have_no_value() {
        for text in ["", "1 +", "1 2"] {
            assert_eq!(evaluate(text), Err(Error::Incomplete), "{text:?}");
        }
    }

    #[test]
    #[should_panic(expected = "Overflow")]
    fn large_products_are_refused() {
        evaluate("9223372036854775807 * 2").unwrap();
    }

    #[test]
    #[ignore = "takes a minute"]
    fn all_small_sums() {
        for a in 0..3000 {
            for b in 0..3000 {
                assert_eq!(evaluate(&format!("{a} + {b}")), Ok(a + b));
            }
        }
    }
}
