//! Names of attachments: what people call a file, made harmless. Storage never uses them; files live under ids.

use crate::fault::Fault;

/// The longest name in characters.
const LONGEST: usize = 120;

/// Names of devices on Windows, whatever follows the first dot.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// Endings that run or render when a reader's system looks at another part of the name.
const RUNNABLE: &[&str] = &[
    "app", "asp", "aspx", "bat", "cgi", "cmd", "com", "cpl", "dll", "docm", "exe", "hta", "htm", "html", "jar", "js",
    "jse", "jsp", "lnk", "mht", "msi", "phar", "php", "pif", "pl", "ps1", "py", "reg", "scr", "sh", "shtml", "svg",
    "swf", "vbe", "vbs", "wsf", "xht", "xhtml", "xlsm", "xml", "xsl",
];

/// The last part of the name after a dot, in lower case.
pub fn extension(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, end)| end.to_lowercase()).filter(|end| !end.is_empty())
}

/// A name that is safe to show and to save: the last segment of a path, without control, bidirectional and reserved
/// characters.
///
/// # Errors
/// `file_name` when nothing sensible remains or the name is longer than 120 characters; `file_type` when a second
/// ending could be run (`x.exe.pdf`).
pub fn clean_name(text: &str) -> Result<String, Fault> {
    let refused = |rule| Fault::new("/name", rule);
    if text.chars().count() > LONGEST {
        return Err(refused("file_name"));
    }
    let last = text.rsplit(['/', '\\', '\u{2215}', '\u{2044}', '\u{ff0f}', '\u{ff3c}']).next().unwrap_or("");
    let kept: String = last.chars().filter(|c| !is_treacherous(*c)).map(replaced).collect();
    // Windows drops dots and blanks at the end; a dot in front hides the file elsewhere.
    let kept = kept.trim_matches(|c: char| c == '.' || c == '~' || c.is_whitespace());
    let (stem, end) = kept.rsplit_once('.').ok_or_else(|| refused("file_name"))?;
    let (stem, end) = (stem.trim_end(), end.trim());
    if stem.is_empty() || end.is_empty() || !end.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(refused("file_name"));
    }
    if stem.split('.').skip(1).any(|part| RUNNABLE.contains(&part.trim().to_lowercase().as_str())) {
        return Err(refused("file_type"));
    }
    let prefix = if is_device(stem) { "_" } else { "" };
    Ok(format!("{prefix}{stem}.{end}"))
}

fn replaced(c: char) -> char {
    if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '%' | '`' | '$') { '_' } else { c }
}

fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or("").trim().to_lowercase();
    let is_port = |prefix: &str| {
        first.strip_prefix(prefix).is_some_and(|rest| {
            rest.chars().count() == 1 && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'))
        })
    };
    DEVICES.contains(&first.as_str()) || is_port("com") || is_port("lpt")
}

/// Controls, bidirectional marks, zero-width, private and unassigned characters.
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_harmless() {
        for (text, clean) in [
            ("身份证.pdf", "身份证.pdf"),
            ("report.v1.2.pdf", "report.v1.2.pdf"),
            ("../../etc/passwd.pdf", "passwd.pdf"),
            ("..\\..\\windows\\x.pdf", "x.pdf"),
            ("C:\\x.pdf", "x.pdf"),
            ("C:x.pdf", "C_x.pdf"),
            ("a\u{0}b.pdf", "ab.pdf"),
            ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie_ b.pdf"),
            ("a\u{202e}fdp.pdf", "afdp.pdf"),
            ("NUL.pdf", "_NUL.pdf"),
            ("com1.x.pdf", "_com1.x.pdf"),
            (".htaccess.pdf", "htaccess.pdf"),
            ("x.pdf. .", "x.pdf"),
            ("x.pdf:stream.pdf", "x.pdf_stream.pdf"),
            ("~x.pdf", "x.pdf"),
            ("%2e%2e%2fx.pdf", "_2e_2e_2fx.pdf"),
        ] {
            assert_eq!(clean_name(text).as_deref(), Ok(clean), "{text:?}");
        }
    }

    #[test]
    fn nothing_sensible_is_refused() {
        for text in ["", ".", "..", "/", "pdf", ".pdf", "a/", "...", "x.", "a.p df", " .pdf", "x.пdf"] {
            assert_eq!(clean_name(text).unwrap_err().rule, "file_name", "{text:?}");
        }
        assert_eq!(clean_name(&format!("{}.pdf", "长".repeat(117))).unwrap_err().rule, "file_name");
        assert!(clean_name(&format!("{}.pdf", "长".repeat(116))).is_ok());
        assert_eq!(clean_name(&"a".repeat(4_096)).unwrap_err().rule, "file_name");
    }

    #[test]
    fn a_second_ending_that_runs_is_refused() {
        for text in ["x.exe.pdf", "x.html.pdf", "x.JS .pdf", "a.svg.b.png", "x.docm.docx"] {
            assert_eq!(clean_name(text).unwrap_err().rule, "file_type", "{text:?}");
        }
    }
}
