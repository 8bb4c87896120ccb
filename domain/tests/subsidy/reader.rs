//! The reader against random bytes and broken documents: it answers, quickly, and never panics.

use domain::subsidy::FORMULAS;
use domain::subsidy::read::{TEMPLATE, read, rule_set};

use crate::rng::{Rng, rounds, seed};

/// Pieces that readers stumble over.
pub const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "'",
    "- ",
    "\n",
    "  ",
    "\t",
    "null",
    "true",
    "1e999",
    "-",
    "&a ",
    "*a",
    "!!x ",
    "|",
    ">",
    "万元",
    "‰",
    "%",
    "\u{0}",
    "\u{feff}",
    "🏛",
    "\\u12",
    "\\ud800",
    "#",
    "---",
    "...",
    "?",
    "<<: ",
    "00",
    "0.0000000000001",
    "99999999999999999999",
    "rate",
    "upto",
    "caps",
    "all",
    "not",
    "items",
];

pub fn broken(text: &str, rng: &mut Rng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=rng.below(6) {
        let at = usize::try_from(rng.below(bytes.len() as u64)).unwrap();
        match rng.below(5) {
            0 => bytes.truncate(at),
            1 => bytes[at] = (rng.next() & 0xff) as u8,
            2 => drop(bytes.splice(at..at, rng.pick(PIECES).bytes())),
            3 => {
                let end = (at + usize::try_from(rng.below(40)).unwrap()).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + usize::try_from(rng.below(200)).unwrap()).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn garbage(rng: &mut Rng) -> String {
    (0..rng.below(60)).map(|_| *rng.pick(PIECES)).collect()
}

#[test]
fn no_text_makes_the_reader_fall() {
    let seed = seed();
    let small: String = serde_json::to_string(&crate::generate::rule_set(&mut Rng::new(1))).unwrap();
    let (mut read_well, mut refused) = (0_u64, 0_u64);
    for round in 0..rounds(3_000, 2_000_000) {
        let mut rng = Rng::new(seed.wrapping_mul(104_729).wrapping_add(round));
        let text = match rng.below(4) {
            0 => garbage(&mut rng),
            1 => broken(&small, &mut rng),
            2 if round % 50 == 2 => broken(FORMULAS, &mut rng),
            _ => broken(TEMPLATE, &mut rng),
        };
        match read(&text) {
            Ok(_) => read_well += 1,
            Err(problems) => {
                assert!(!problems.is_empty(), "{text}");
                assert!(problems.iter().all(|problem| problem.at.line > 0 && problem.at.column > 0), "{problems:#?}");
                refused += 1;
            }
        }
        if round % 10 == 0 {
            drop(rule_set(&text));
        }
    }
    println!("{refused} texts refused with positions, {read_well} read");
}

/// Texts at the bounds of size, depth and number, made to be slow; one at a time, so that the peak is one text's.
#[test]
fn texts_at_the_bounds_are_read_or_refused_in_seconds() {
    let size = 4 << 20;
    let pieces = [
        "[",
        "{\"a\":",
        "- ",
        "? ",
        "a: {",
        "a",
        "a: b\n",
        "- a\n",
        "\"\\u4f18",
        "\n",
        "# x\n",
        " x",
        "'",
        "|\n ",
        "\t",
        "- [a, b]\n",
        "[0,",
        "{\"formulas\": [",
        "{},",
        "\u{feff}",
        "万元: ",
        "\r",
        "%",
        "--- ",
    ];
    for piece in pieces {
        let text = piece.repeat(size / piece.len());
        let start = std::time::Instant::now();
        let answer = read(&text);
        let seconds = start.elapsed().as_secs_f64();
        let answer = answer.map_or_else(|problems| problems[0].to_string(), |_| "read".to_owned());
        println!("{seconds:.2} s for {piece:?}…: {answer}");
        assert!(seconds < 30.0, "{piece:?}");
    }
    let lists = [format!("[{}0]", "0,".repeat(99_000)), format!("{{\"formulas\": [{}{{}}]}}", "{},".repeat(90_000))];
    for text in lists {
        drop(read(&text));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}
