use crate::Error;

/// A part of an expression.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Token {
    Number(i64),
    Plus,
    Minus,
    Times,
    Over,
}

/// Splits an expression.
///
/// ```
/// use calc::{tokenize, Token};
/// assert_eq!(tokenize("1+2").unwrap(), [Token::Number(1), Token::Plus, Token::Number(2)]);
/// ```
pub fn tokenize(text: &str) -> Result<Vec<Token>, Error> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(&character) = characters.peek() {
        let token = match character {
            ' ' => None,
            '+' => Some(Token::Plus),
            '-' => Some(Token::Minus),
            '*' => Some(Token::Times),
            '/' => Some(Token::Over),
            '0'..='9' => {
                let mut value: i64 = 0;
                while let Some(digit) = characters.peek().and_then(|c| c.to_digit(10)) {
                    value = value
                        .checked_mul(10)
                        .and_then(|v| v.checked_add(i64::from(digit)))
                        .ok_or(Error::Overflow)?;
                    characters.next();
                }
                tokens.push(Token::Number(value));
                continue;
            }
            other => return Err(Error::Unexpected(other)),
        };
        tokens.extend(token);
        characters.next();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_separate() {
        assert_eq!(
            tokenize("12 3"),
            Ok(vec![Token::Number(12), Token::Number(3)])
        );
    }

    #[test]
    fn letters_are_unexpected() {
        assert_eq!(tokenize("1 + x"), Err(Error::Unexpected('x')));
    }
}
