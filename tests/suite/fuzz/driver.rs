//! The one driver: takes inputs from the corpus, mutates them, hands them to a target, and keeps what is worth keeping.

use std::collections::BTreeSet;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use sha2::{Digest, Sha256};

use crate::harness::dice::Dice;
use crate::harness::evidence::{rounds, seed};

/// Inputs that are no longer mutated further.
const LONGEST: usize = 20_000;
/// New behaviours that one long run may keep per target.
const MOST_KEPT: usize = 200;

/// Pieces that readers treat specially.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\r\n",
    b"\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "１".as_bytes(),
    "王".as_bytes(),
    "e\u{301}".as_bytes(),
    b"%",
    b"%00",
    b"%2e%2e%2f",
    b"\\u0000",
    b"\\ud800",
    b"\"",
    b"'",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b".",
    b"..",
    b"/",
    b"@",
    b"-",
    b"+",
    b"=",
    b"&",
    b"?",
    b"#",
    b"null",
    b"true",
    b"1e999",
    b"-0",
    b"99999999999999999999",
    b"0",
    b"X",
    b"x",
    b"PK\x05\x06",
    b"PK\x01\x02",
    b"%%EOF",
    b"\xff\xd9",
    b"IEND",
    b"IHDR",
    b"/Filter [",
    b"/Width 9",
    b"<script>",
    b"Bcc: a@b.cd",
    b"; ",
    b"--",
];

/// What a target found: a word for the behaviour, or what does not hold.
pub type Found = Result<String, String>;

/// What a run came to.
pub struct Report {
    pub inputs: u64,
    pub behaviours: usize,
    pub corpus: usize,
    pub seed: u64,
}

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target)
}

/// The kept inputs, in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder(target))
        .map_or_else(|_| Vec::new(), |all| all.map(|entry| entry.unwrap().path()).collect());
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn keep(target: &str, input: &[u8], why: &str) -> PathBuf {
    let name = data_encoding::HEXLOWER.encode(&Sha256::digest(input)[..8]);
    let file = folder(target).join(format!("{why}-{name}"));
    fs::create_dir_all(folder(target)).unwrap();
    fs::write(&file, input).unwrap();
    file
}

/// Runs a target over the corpus, over `seeds`, and over mutations of both. A panic or a fault fails the test and is
/// kept as a case for ever.
pub async fn fuzz(
    target: &str,
    (short, long): (u64, u64),
    seeds: Vec<Vec<u8>>,
    run: impl AsyncFn(&[u8]) -> Found,
) -> Report {
    let (seed, count) = (seed(), rounds(short, long));
    let is_long = count == long && long != short;
    let kept = corpus(target);
    assert!(!kept.is_empty(), "no corpus for {target}");
    let corpus = kept.len();
    let mut pool: Vec<Vec<u8>> = kept.into_iter().chain(seeds).collect();
    let mut dice = Dice::new(seed ^ target.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte)));
    let (mut behaviours, mut added) = (BTreeSet::new(), 0);
    for number in 0..count.max(pool.len() as u64) {
        let input = match usize::try_from(number).ok().and_then(|at| pool.get(at)) {
            Some(known) if number < corpus as u64 => known.clone(),
            _ => mutated(&pool, &mut dice),
        };
        let outcome = AssertUnwindSafe(run(&input)).catch_unwind().await;
        let fault = match outcome {
            Ok(Ok(behaviour)) => {
                if behaviours.insert(behaviour) && pool.len() < 5_000 {
                    if is_long && added < MOST_KEPT {
                        keep(target, &input, "new");
                        added += 1;
                    }
                    pool.push(input);
                }
                continue;
            }
            Ok(Err(fault)) => fault,
            Err(_) => "panicked".to_owned(),
        };
        let file = keep(target, &input, "found");
        panic!(
            "{target}, input {number}, seed {seed}: {fault}\n{:?}\nkept as {}",
            String::from_utf8_lossy(&input),
            file.display()
        );
    }
    Report { inputs: count, behaviours: behaviours.len(), corpus, seed }
}

fn mutated(pool: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut input = dice.pick(pool).clone();
    for _ in 0..=dice.below(4) {
        mutate(&mut input, pool, dice);
    }
    input.truncate(LONGEST);
    input
}

fn mutate(input: &mut Vec<u8>, pool: &[Vec<u8>], dice: &mut Dice) {
    let length = input.len();
    if length == 0 {
        input.extend_from_slice(dice.pick::<&[u8]>(PIECES));
        return;
    }
    let at = dice.below(length);
    let end = at + 1 + dice.below((length - at).min(32));
    match dice.below(9) {
        0 => input[at] ^= 1 << dice.below(8),
        1 => input[at] = u8::try_from(dice.below(256)).unwrap_or(0),
        2 => drop(input.drain(at..end)),
        3 => {
            let copy = input[at..end].to_vec();
            let most = if dice.once_in(20) { 500 } else { 3 };
            let times = 1 + dice.below(most);
            drop(input.splice(at..at, copy.repeat(times)));
        }
        4 | 5 => drop(input.splice(at..at, dice.pick(PIECES).iter().copied())),
        6 => drop(input.splice(at..end, dice.pick(PIECES).iter().copied())),
        7 => {
            let other = dice.pick(pool);
            let from = if other.is_empty() { 0 } else { dice.below(other.len()) };
            drop(input.splice(at.., other[from..].iter().copied()));
        }
        _ => input.truncate(at),
    }
}

#[test]
fn the_same_seed_throws_the_same_inputs() {
    let pool = vec![b"abc".to_vec(), b"{\"a\":1}".to_vec()];
    let run = || {
        let mut dice = Dice::new(7);
        (0..100).map(|_| mutated(&pool, &mut dice)).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
    assert!(run().iter().collect::<BTreeSet<_>>().len() > 80);
}

/// The driver finds what it is for: a reader that falls over a piece of its dictionary.
#[tokio::test]
async fn a_reader_that_falls_over_is_found() {
    let hunted = AssertUnwindSafe(fuzz("planted", (5_000, 5_000), Vec::new(), async |input| {
        assert!(!input.windows(2).any(|pair| pair == b"\r\n"), "a planted fault");
        Ok("fine".to_owned())
    }));
    let found = hunted.catch_unwind().await;
    for entry in fs::read_dir(folder("planted")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("found-")) {
            fs::remove_file(path).unwrap();
        }
    }
    assert!(found.is_err(), "the planted fault was not found");
}
