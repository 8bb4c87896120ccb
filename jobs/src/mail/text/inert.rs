//! What people typed, made harmless: one line, no hidden characters, no address that a mail program would make a link.

/// The text without line breaks, control and direction characters, and with its addresses broken by brackets:
/// `https://evil.example` becomes `https[:]//evil[.]example`.
pub fn inert(text: &str) -> String {
    let line = one_line(text);
    line.split(' ').map(broken).collect::<Vec<_>>().join(" ")
}

/// A subject: one line; no mail program makes links of it.
pub fn inert_subject(text: &str) -> String {
    one_line(text)
}

fn one_line(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    service::notification::one_line(&visible)
}

/// Characters that show nothing or turn the order of what follows.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// A word whose scheme and domain dots are in brackets.
fn broken(word: &str) -> String {
    let text = word.replace("://", "[:]//");
    let mut made = String::with_capacity(text.len());
    let mut before: Option<char> = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let mut after = rest.clone().take_while(char::is_ascii_alphabetic);
        let begins_a_domain_part = after.next().is_some() && after.next().is_some();
        if c == '.' && before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') && begins_a_domain_part {
            made.push_str("[.]");
        } else {
            made.push(c);
        }
        before = Some(c);
    }
    made.replace("mailto:", "mailto[:]").replace("javascript:", "javascript[:]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_no_links_any_more() {
        for (typed, shown) in [
            ("[x](https://evil)", "[x](https[:]//evil)"),
            ("https://evil.example/a?b=c", "https[:]//evil[.]example/a?b=c"),
            ("请访问 www.evil.com 领奖", "请访问 www[.]evil[.]com 领奖"),
            ("a@evil.com", "a@evil[.]com"),
            ("HTTPS://EVIL.COM", "HTTPS[:]//EVIL[.]COM"),
            ("mailto:a@b.cn", "mailto[:]a@b[.]cn"),
        ] {
            assert_eq!(inert(typed), shown);
        }
    }

    #[test]
    fn ordinary_words_stay() {
        for text in ["桂科字〔2023〕76号", "得分 82.50 分", "e.g. 第3.2节", "张三、李四"] {
            assert_eq!(inert(text), text);
        }
    }

    #[test]
    fn nothing_breaks_the_line_or_hides() {
        assert_eq!(inert("a\r\nBcc: b@c.de\u{2028}x"), "a Bcc: b@c[.]de x");
        assert_eq!(inert("ab\u{202e}cd\u{200b}\0e"), "abcd e");
    }
}
