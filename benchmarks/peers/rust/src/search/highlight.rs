//! Headlines of PostgreSQL as HTML: what `search_headline` marks becomes tags, all else is escaped.

const START: char = '\u{2}';
const END: char = '\u{3}';
const SEPARATOR: char = '\u{1f}';
const EMOJI: &str = "emoji";

pub fn has_match(headline: &str) -> bool {
    headline.contains(START)
}

pub fn as_html(headline: &str) -> String {
    let mut html = String::with_capacity(headline.len() + 32);
    for letter in joined(&with_emoji(headline)).chars() {
        match letter {
            START => html.push_str("<mark>"),
            END => html.push_str("</mark>"),
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#x27;"),
            _ => html.push(letter),
        }
    }
    html
}

/// Matches side by side become one.
fn joined(headline: &str) -> String {
    headline.replace(SEPARATOR, "").replace(&format!("{END}{START}"), "")
}

/// An emoji stands as a word of its hexadecimal digits, which a separator ends.
fn with_emoji(headline: &str) -> String {
    let mut parts = headline.split(EMOJI);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match leading_emoji(part) {
            Some((emoji, rest)) => {
                text.push(emoji);
                text.push_str(rest);
            }
            None => {
                text.push_str(EMOJI);
                text.push_str(part);
            }
        }
    }
    text
}

fn leading_emoji(text: &str) -> Option<(char, &str)> {
    let is_digit = |letter: &char| matches!(letter, '0'..='9' | 'a'..='f');
    let (digits, rest) = text.split_at(text.chars().take_while(is_digit).count());
    let is_word = (4..=5).contains(&digits.len()) && rest.trim_start_matches(END).starts_with(SEPARATOR);
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_word)?;
    Some((char::from_u32(code)?, rest))
}
