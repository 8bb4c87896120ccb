//! Mail addresses as logs, answers and stored errors show them.

/// First character, three stars and the domain: `w***@example.com`.
pub fn masked(address: &str) -> String {
    let first = address.chars().next().filter(|c| *c != '@').map(String::from).unwrap_or_default();
    match address.rsplit_once('@') {
        Some((_, domain)) => format!("{first}***@{domain}"),
        None => format!("{first}***"),
    }
}

/// The longest error that is kept.
const ERROR_LENGTH: usize = 300;

/// A mail server's words in one line, at most 300 characters, with every address in them masked.
pub fn masked_error(text: &str) -> String {
    let line = super::titles::one_line(text);
    let words = line.split(' ').map(|word| {
        let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
        if inner.contains('@') { word.replace(inner, &masked(inner)) } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ").chars().take(ERROR_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_one_letter_and_their_domain() {
        assert_eq!(masked("wangming@example.com"), "w***@example.com");
        assert_eq!(masked("王明@example.com"), "王***@example.com");
        assert_eq!(masked("@example.com"), "***@example.com");
        assert_eq!(masked("nobody"), "n***");
    }

    #[test]
    fn errors_name_nobody_and_fit_in_a_line() {
        let said = "550 5.1.1 <wangming@example.com>:\r\n user unknown";
        assert_eq!(masked_error(said), "550 5.1.1 <w***@example.com>: user unknown");
        assert_eq!(masked_error(&"x".repeat(9_000)).len(), 300);
    }
}
