//! Files that are small and unfold to something huge: told by what their headers claim, nothing is unfolded here.

use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::store_failed;
use crate::error::Result;
use crate::settings::FileLimits;

/// A JPEG's frame header comes behind metadata; more than this is no metadata.
const JPEG_HEAD: u64 = 1024 * 1024;
/// Width and height in a PNG's first chunk.
const PNG_HEAD: u64 = 24;
/// Bytes around a key in which the rest of its dictionary is looked for.
const NEAR: usize = 512;
/// Compressing filters on top of each other: writers use one, two now and then, bombs more.
const MOST_FILTERS: usize = 2;
const COMPRESSING: [&[u8]; 5] = [b"FlateDecode", b"Fl", b"LZWDecode", b"LZW", b"RunLengthDecode"];

/// Whether a PNG's claimed size stays within the limit.
pub(super) async fn is_png_bounded(
    store: &dyn ObjectStore,
    path: &Path,
    size: u64,
    limits: &FileLimits,
) -> Result<bool> {
    let head = store.get_range(path, 0..PNG_HEAD.min(size)).await.map_err(store_failed)?;
    let side = |at: usize| Some(u64::from(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?)));
    Ok(side(16).zip(side(20)).is_some_and(|(width, height)| fits(width, height, limits)))
}

/// Whether a JPEG's claimed size stays within the limit.
pub(super) async fn is_jpeg_bounded(
    store: &dyn ObjectStore,
    path: &Path,
    size: u64,
    limits: &FileLimits,
) -> Result<bool> {
    let head = store.get_range(path, 0..JPEG_HEAD.min(size)).await.map_err(store_failed)?;
    Ok(jpeg_size(&head).is_some_and(|(width, height)| fits(width, height, limits)))
}

fn fits(width: u64, height: u64, limits: &FileLimits) -> bool {
    width > 0 && height > 0 && width.saturating_mul(height) <= limits.image_pixels
}

/// Width and height of the first frame, ITU-T T.81 section B.2.2.
fn jpeg_size(head: &[u8]) -> Option<(u64, u64)> {
    let be16 = |at: usize| Some(u64::from(u16::from_be_bytes(head.get(at..at + 2)?.try_into().ok()?)));
    let mut at = 2;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        match *head.get(at + 1)? {
            // A fill byte.
            0xff => at += 1,
            // Markers without content.
            0x01 | 0xd0..=0xd7 => at += 2,
            // A frame; the others of this range are tables.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Some((be16(at + 7)?, be16(at + 5)?)),
            // The picture's data, or its end, before any frame.
            0xd8..=0xda => return None,
            _ => at += 2 + usize::try_from(be16(at + 2)?.max(2)).ok()?,
        }
    }
}

/// Whether the dictionaries of a PDF claim pictures, pages and nested filters within reason. What a writer packed into
/// object streams is not seen; pictures and filters of streams cannot be packed there.
pub(super) async fn is_pdf_bounded(store: &dyn ObjectStore, path: &Path, limits: &FileLimits) -> Result<bool> {
    let mut bytes = store.get(path).await.map_err(store_failed)?.into_stream();
    let mut window: Vec<u8> = Vec::new();
    while let Some(chunk) = bytes.next().await {
        window.extend_from_slice(&chunk.map_err(store_failed)?);
        if !is_window_bounded(&window, limits) {
            return Ok(false);
        }
        // A dictionary may lie across two chunks.
        let kept = window.len().saturating_sub(2 * NEAR);
        window.drain(..kept);
    }
    Ok(true)
}

fn is_window_bounded(window: &[u8], limits: &FileLimits) -> bool {
    names_in(window).all(|(at, rest)| {
        if let Some(value) = value_of(rest, b"Filter") {
            filters(value) <= MOST_FILTERS
        } else if let Some(width) = number_of(rest, b"Width") {
            let around = window.get(at.saturating_sub(NEAR)..window.len().min(at + NEAR)).unwrap_or_default();
            let height = names_in(around).find_map(|(_, rest)| number_of(rest, b"Height"));
            width.saturating_mul(height.unwrap_or(1)) <= limits.image_pixels
        } else if let Some(height) = number_of(rest, b"Height") {
            height <= limits.image_pixels
        } else if let Some(pages) = number_of(rest, b"Count") {
            pages <= limits.pdf_pages
        } else {
            true
        }
    })
}

/// Where names (`/Name`) begin, and the text behind each slash.
fn names_in(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let slashes = text.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes.filter_map(move |at| Some((at, text.get(at + 1..)?)))
}

/// What stands behind a name, if the text begins with this name.
fn value_of<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = text.strip_prefix(name)?;
    let ends = rest.first().is_some_and(|byte| !byte.is_ascii_alphanumeric());
    ends.then(|| rest.trim_ascii_start())
}

fn number_of(text: &[u8], name: &[u8]) -> Option<u64> {
    let value = value_of(text, name)?;
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| std::str::from_utf8(value.get(..digits)?).ok()?.parse().ok().or(Some(u64::MAX))).flatten()
}

/// Compressing filters in the list; a name in disguise (`#46late`) counts as many.
fn filters(value: &[u8]) -> usize {
    let Some(list) = value.strip_prefix(b"[") else { return 1 };
    let end = list.iter().take(NEAR).position(|byte| *byte == b']').unwrap_or(list.len().min(NEAR));
    let list = list.get(..end).unwrap_or_default();
    if list.contains(&b'#') {
        return usize::MAX;
    }
    list.split(|byte| *byte == b'/').filter(|name| COMPRESSING.contains(&name.trim_ascii())).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_bounded(pdf: &str) -> bool {
        is_window_bounded(pdf.as_bytes(), &FileLimits::default())
    }

    #[test]
    fn ordinary_dictionaries_pass() {
        for pdf in [
            "<< /Filter /FlateDecode /Length 10 >>",
            "<< /Filter [/ASCII85Decode /FlateDecode] >>",
            "<< /Filter[/FlateDecode/DCTDecode] /Width 4960 /Height 7016 >>",
            "<< /Widths [500 600] /FilterX 1 /Count 12 >>",
            "/Width",
            "/Filter [",
        ] {
            assert!(is_bounded(pdf), "{pdf}");
        }
    }

    #[test]
    fn bombs_are_known_by_their_dictionaries() {
        for pdf in [
            "<< /Filter [/FlateDecode /FlateDecode /FlateDecode] >>",
            "<< /Filter[/Fl/Fl/LZW/Fl] >>",
            "<< /Filter [/#46lateDecode] >>",
            "<< /Width 60000 /BitsPerComponent 8 /Height 60000 >>",
            "<< /Height 2000000000 /Width 1 >>",
            "<< /Width 99999999999999999999999 >>",
            "<< /Type /Pages /Count 2000000000 >>",
        ] {
            assert!(!is_bounded(pdf), "{pdf}");
        }
    }

    #[test]
    fn a_frame_is_found_behind_metadata() {
        let frame = b"\xff\xc2\0\x0b\x08\x10\0\x20\0\x01\x01\x11\0";
        let behind = [b"\xff\xd8\xff\xe1\0\x04ab\xff".as_slice(), frame].concat();
        assert_eq!(jpeg_size(&behind), Some((0x2000, 0x1000)));
        assert_eq!(jpeg_size(b"\xff\xd8\xff\xd9"), None);
        assert_eq!(jpeg_size(b"\xff\xd8\xff\xe0\0\0"), None);
        assert_eq!(jpeg_size(b"\xff\xd8\xff\xc0\0\x0b\x08\x10"), None);
    }
}
