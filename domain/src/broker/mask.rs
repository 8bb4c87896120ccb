//! What of a person may be shown: never an ID number in public, never a whole telephone number.

/// A name for the public: `王*明`, `王*`, first and last character of longer ones.
pub fn name(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    match characters.as_slice() {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len().min(3))),
    }
}

/// An identity document's number for its holder's own view: the last two characters.
pub fn id_number(text: &str) -> String {
    tail(text, 2)
}

/// A telephone number: its last four digits, and the first three when enough stay hidden.
pub fn mobile(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() < 11 {
        return tail(text, 2);
    }
    let hidden = characters.len() - 7;
    let part = |from: usize, to: usize| characters[from..to].iter().collect::<String>();
    format!("{}{}{}", part(0, 3), "*".repeat(hidden), part(3 + hidden, characters.len()))
}

/// A mail address: the first character of the mailbox, and the domain.
pub fn email(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => {
            format!("{}***@{domain}", local.chars().take(1).collect::<String>())
        }
        None => "***".to_owned(),
    }
}

fn tail(text: &str, shown: usize) -> String {
    let length = text.chars().count();
    if length <= shown * 2 {
        return "*".repeat(length);
    }
    let end: String = text.chars().skip(length - shown).collect();
    format!("{}{end}", "*".repeat(length - shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks() {
        assert_eq!(
            [name("王小明"), name("王明"), name("欧阳小明"), name("王"), name("")],
            ["王*明", "王*", "欧**明", "*", ""]
        );
        assert_eq!(name("Nguyen Van An"), "N***n");
        assert_eq!(id_number("11010519491231002X"), "****************2X");
        assert_eq!(id_number("E12"), "***");
        assert_eq!(mobile("13800138000"), "138****8000");
        assert_eq!(mobile("+84912345"), "*******45");
        assert_eq!(email("wang@example.org"), "w***@example.org");
    }
}
