//! Texts that people type: names, addresses of mail and telephone, and the characters no text may hold.

use serde_json::json;

use super::broken::{Broken, half_width};

/// Characters that hide or reorder what a reader sees: controls, bidirectional marks, zero-width and private ones.
fn is_treacherous(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{10ffff}')
}

/// A text of `least` to `most` characters after trimming, without control or bidirectional characters.
pub fn plain(text: &str, least: usize, most: usize) -> Result<String, Broken> {
    let trimmed = text.trim();
    if trimmed.chars().any(is_treacherous) {
        return Err(Broken::new("text_control_character"));
    }
    let found = trimmed.chars().count();
    if (least..=most).contains(&found) {
        Ok(trimmed.to_owned())
    } else {
        Err(Broken::with("text_length", json!({ "min": least, "max": most, "found": found })))
    }
}

/// The same on one line: names and titles, which go to lists and to subjects of mails.
pub fn line(text: &str, least: usize, most: usize) -> Result<String, Broken> {
    let text = plain(text, least, most)?;
    if text.contains('\n') { Err(Broken::new("text_control_character")) } else { Ok(text) }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2ee5d}' | '\u{30000}'..='\u{323af}')
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') && c.is_alphabetic()
}

/// A person's name (姓名) in its normal form: 2–50 characters, Han or Latin letters, `·` between parts.
///
/// Other middle dots become `·`. A letter followed by a combining mark is refused, so that what is stored is NFC.
pub fn name(text: &str) -> Result<String, Broken> {
    let text: String = plain(text, 2, 50)?
        .chars()
        .map(|c| if matches!(c, '•' | '・' | '‧' | '∙' | '⋅' | '．') { '·' } else { c })
        .collect();
    let is_letter = |c: char| is_han(c) || is_latin(c);
    let is_joint = |c: char| matches!(c, '·' | ' ' | '-' | '\'' | '’' | '.');
    let starts_well = text.chars().next().is_some_and(is_letter);
    let ends_well = text.chars().last().is_some_and(|c| is_letter(c) || c == '.');
    if starts_well && ends_well && text.chars().all(|c| is_letter(c) || is_joint(c)) {
        Ok(text)
    } else {
        Err(Broken::new("name_format"))
    }
}

/// A mobile number (手机): eleven digits of the mainland, or E.164 with its `+`; blanks and hyphens are dropped.
pub fn mobile(text: &str) -> Result<String, Broken> {
    let text: String = half_width(text).chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let is_mainland = |digits: &str| matches!(digits.as_bytes(), [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit));
    let is_well_formed = match text.strip_prefix('+') {
        None => is_mainland(&text),
        Some(digits) => match digits.strip_prefix("86") {
            Some(national) => is_mainland(national),
            None => {
                matches!(digits.as_bytes(), [b'1'..=b'9', rest @ ..] if (6..=14).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit))
            }
        },
    };
    if is_well_formed { Ok(text) } else { Err(Broken::new("mobile_format")) }
}

/// An e-mail address: the dot-atom form of RFC 5321 with a domain name, at most 254 characters; the domain in lower case.
pub fn email(text: &str) -> Result<String, Broken> {
    let broken = || Broken::new("email_format");
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@').ok_or_else(broken)?;
    let is_atom = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let is_label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let has_name =
        domain.rsplit_once('.').is_some_and(|(_, last)| last.len() >= 2 && !last.bytes().all(|b| b.is_ascii_digit()));
    if text.len() <= 254
        && local.len() <= 64
        && local.split('.').all(is_atom)
        && domain.split('.').all(is_label)
        && has_name
    {
        Ok(format!("{local}@{}", domain.to_ascii_lowercase()))
    } else {
        Err(broken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_han_or_latin_letters() {
        for (text, normal) in [
            (" 王小明 ", "王小明"),
            ("买买提•艾力", "买买提·艾力"),
            ("Nguyễn Văn An", "Nguyễn Văn An"),
            ("O'Neil-Smith Jr.", "O'Neil-Smith Jr."),
            ("𠮷野家", "𠮷野家"),
        ] {
            assert_eq!(name(text).as_deref(), Ok(normal));
        }
        for (text, rule) in [
            ("王", "text_length"),
            ("王明1", "name_format"),
            ("·王明", "name_format"),
            ("e\u{301}mile", "name_format"),
            ("王\u{202e}明", "text_control_character"),
            ("王\u{0}明", "text_control_character"),
            ("王\u{200b}明", "text_control_character"),
            ("王<b>明", "name_format"),
        ] {
            assert_eq!(name(text).unwrap_err().rule, rule, "{text:?}");
        }
        assert!(name(&"王".repeat(50)).is_ok() && name(&"王".repeat(51)).is_err());
    }

    #[test]
    fn telephones_are_mainland_or_e164() {
        assert_eq!(mobile("138 0013-8000").as_deref(), Ok("13800138000"));
        assert_eq!(mobile("１３８００１３８０００").as_deref(), Ok("13800138000"));
        assert_eq!(mobile("+84912345678").as_deref(), Ok("+84912345678"));
        for text in [
            "",
            "12800138000",
            "1380013800",
            "138001380000",
            "+8612800138000",
            "+0123456789",
            "+123456",
            "+1234567890123456",
            "abc",
        ] {
            assert_eq!(mobile(text).unwrap_err().rule, "mobile_format", "{text}");
        }
    }

    #[test]
    fn mail_addresses_are_dot_atoms_at_domain_names() {
        assert_eq!(email(" Wang.Ming+1@Example.ORG ").as_deref(), Ok("Wang.Ming+1@example.org"));
        let long = format!("{}@example.org", "a".repeat(65));
        for text in [
            "",
            "a",
            "@b.cn",
            "a@",
            "a@b",
            "a..b@c.cn",
            ".a@c.cn",
            "a@-c.cn",
            "a@c..cn",
            "a b@c.cn",
            "\"a\"@c.cn",
            "王@c.cn",
            "a@127.0.0.1",
            "a@c.cn\r\nBcc: x@y.cn",
            &long,
        ] {
            assert_eq!(email(text).unwrap_err().rule, "email_format", "{text}");
        }
    }
}
