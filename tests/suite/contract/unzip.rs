//! One entry of a ZIP archive, as far as spreadsheets need it.

use std::io::Read;

/// The text of an entry, by the archive's directory.
pub fn entry(archive: &[u8], name: &str) -> Option<String> {
    let end = archive.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let mut at = long(archive, end + 16)?;
    while archive.get(at..at + 4)? == b"PK\x01\x02" {
        let (size, length) = (long(archive, at + 20)?, short(archive, at + 28)?);
        let (more, comment, local) = (short(archive, at + 30)?, short(archive, at + 32)?, long(archive, at + 42)?);
        if archive.get(at + 46..at + 46 + length)? == name.as_bytes() {
            let start = local + 30 + short(archive, local + 26)? + short(archive, local + 28)?;
            let mut text = String::new();
            flate2::read::DeflateDecoder::new(archive.get(start..start + size)?).read_to_string(&mut text).ok()?;
            return Some(text);
        }
        at += 46 + length + more + comment;
    }
    None
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}
