//! What a file is, told from its bytes: one format from its first byte to its last, or none.

use bytes::Bytes;
use domain::file::FileFormat;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::{container, measure, store_failed};
use crate::error::Result;
use crate::settings::FileLimits;

/// Bytes of the beginning that are looked at.
pub(super) const HEAD: usize = 4_096;
/// Bytes of the end: a ZIP's directory ends within them, whatever its comment.
const TAIL: u64 = 66_000;

/// The last chunk of a PNG, length and checksum included.
const PNG_END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
/// The record that ends a ZIP.
const ZIP_END: &[u8] = b"PK\x05\x06";

/// What a beginning may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Pdf,
    Png,
    Jpeg,
    Zip,
}

/// The family of a beginning; none for anything that is not taken.
pub(super) fn family(head: &[u8]) -> Option<Family> {
    let family = if infer::archive::is_pdf(head) {
        (head.starts_with(b"%PDF-1.") || head.starts_with(b"%PDF-2.")).then_some(Family::Pdf)?
    } else if infer::image::is_png(head) {
        (head.starts_with(b"\x89PNG\r\n\x1a\n") && head.get(12..16) == Some(b"IHDR")).then_some(Family::Png)?
    } else if infer::image::is_jpeg(head) {
        Family::Jpeg
    } else if infer::archive::is_zip(head) {
        head.starts_with(b"PK\x03\x04").then_some(Family::Zip)?
    } else {
        return None;
    };
    (family == Family::Zip || !is_markup(head)).then_some(family)
}

/// Whether a beginning also reads as a page or a script to something that guesses.
fn is_markup(head: &[u8]) -> bool {
    let head = head.to_ascii_lowercase();
    let marks: [&[u8]; 8] = [b"<html", b"<script", b"<svg", b"<!doctype", b"<?php", b"<body", b"<iframe", b"<img"];
    marks.iter().any(|mark| contains(&head, mark))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The format of a stored object of this family and size, if it is one of those taken through to its end.
pub(super) async fn format(
    store: &dyn ObjectStore,
    path: &Path,
    family: Family,
    size: u64,
    limits: &FileLimits,
) -> Result<Option<FileFormat>> {
    let tail: Bytes = store.get_range(path, size.saturating_sub(TAIL)..size).await.map_err(store_failed)?;
    Ok(match family {
        Family::Pdf => {
            (ends_as_pdf(&tail) && measure::is_pdf_bounded(store, path, limits).await?).then_some(FileFormat::Pdf)
        }
        Family::Png => (tail.ends_with(PNG_END) && measure::is_png_bounded(store, path, size, limits).await?)
            .then_some(FileFormat::Png),
        Family::Jpeg => (ends_as_jpeg(&tail) && measure::is_jpeg_bounded(store, path, size, limits).await?)
            .then_some(FileFormat::Jpeg),
        Family::Zip => match container::directory(&tail, size, limits) {
            Some(range) => {
                let directory = store.get_range(path, range.clone()).await.map_err(store_failed)?;
                container::format(&directory, range.start, limits)
            }
            None => None,
        },
    })
}

/// The end mark stands in the last kilobyte, and no archive hides behind it.
fn ends_as_pdf(tail: &[u8]) -> bool {
    let last = tail.get(tail.len().saturating_sub(1_024)..).unwrap_or(tail);
    contains(last, b"%%EOF") && !contains(tail, ZIP_END)
}

/// Cameras pad with zeros; anything else behind the end mark is another file.
fn ends_as_jpeg(tail: &[u8]) -> bool {
    let padded = tail.iter().rev().take_while(|byte| **byte == 0).count();
    tail.get(..tail.len() - padded).is_some_and(|picture| picture.ends_with(b"\xff\xd9"))
}
