//! The smallest files that are what they say, and archives made by hand.

/// One page's worth of nothing.
pub fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF\n".to_vec()
}

/// The chunks that every PNG has.
pub fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89".to_vec();
    bytes.extend_from_slice(b"\0\0\0\0IEND\xae\x42\x60\x82");
    bytes
}

/// Start, frame and end of a JPEG.
pub fn jpeg() -> Vec<u8> {
    jpeg_of(1, 1)
}

/// A JPEG that claims this size.
pub fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x0b\x08".to_vec();
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend_from_slice(b"\x01\x01\x11\0\xff\xd9");
    bytes
}

/// A JPEG of so many bytes, filled up with comments.
pub fn jpeg_of_bytes(size: u64) -> Vec<u8> {
    let (whole, comment) = (jpeg(), 65_000);
    let (head, tail) = whole.split_at(whole.len() - 2);
    let mut bytes = head.to_vec();
    let mut left = usize::try_from(size).unwrap() - whole.len();
    while left > 0 {
        // Two bytes of marker and two of length; what is left must hold a comment too.
        let length = if left > 2 * comment {
            comment
        } else if left > comment {
            left / 2
        } else {
            left
        };
        bytes.extend(b"\xff\xfe");
        bytes.extend(u16::try_from(length - 2).unwrap().to_be_bytes());
        bytes.resize(bytes.len() + length - 4, b'x');
        left -= length;
    }
    [&bytes, tail].concat()
}

/// A PNG that claims this size.
pub fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

/// A PDF with these bytes as another object.
pub fn pdf_with(object: &str) -> Vec<u8> {
    let whole = String::from_utf8(pdf()).unwrap();
    whole.replace("endobj\n", &format!("endobj\n2 0 obj\n{object}\nendobj\n")).into_bytes()
}

/// An entry of an archive.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: String,
    pub content: Vec<u8>,
    pub flags: u16,
    pub attributes: u32,
    /// What the directory says the entry unfolds to; its true size when absent.
    pub claimed: Option<u32>,
}

/// A plain entry.
pub fn entry(name: &str) -> Entry {
    Entry { name: name.to_owned(), content: b"<x/>".to_vec(), flags: 0, attributes: 0, claimed: None }
}

/// A stored (not compressed) archive.
pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = u32::try_from(bytes.len()).unwrap();
        let size = u32::try_from(entry.content.len()).unwrap();
        let claimed = entry.claimed.unwrap_or(size);
        let name = u16::try_from(entry.name.len()).unwrap();
        bytes.extend_from_slice(b"PK\x03\x04\x14\0");
        bytes.extend(entry.flags.to_le_bytes());
        bytes.extend([0; 10]);
        bytes.extend(size.to_le_bytes());
        bytes.extend(claimed.to_le_bytes());
        bytes.extend(name.to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(entry.name.as_bytes());
        bytes.extend(&entry.content);
        directory.extend_from_slice(b"PK\x01\x02\x14\x03\x14\0");
        directory.extend(entry.flags.to_le_bytes());
        directory.extend([0; 10]);
        directory.extend(size.to_le_bytes());
        directory.extend(claimed.to_le_bytes());
        directory.extend(name.to_le_bytes());
        directory.extend([0; 8]);
        directory.extend(entry.attributes.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(entry.name.as_bytes());
    }
    let (start, length) = (u32::try_from(bytes.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(entries.len()).unwrap();
    bytes.extend(directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// A document of Word with these entries beside its own.
pub fn docx(more: &[Entry]) -> Vec<u8> {
    zip(&[&[entry("[Content_Types].xml"), entry("word/document.xml")], more].concat())
}

/// A workbook of Excel.
pub fn xlsx() -> Vec<u8> {
    zip(&[entry("[Content_Types].xml"), entry("_rels/.rels"), entry("xl/workbook.xml")])
}

/// A fixed-layout document (GB/T 33190).
pub fn ofd() -> Vec<u8> {
    zip(&[entry("OFD.xml"), entry("Doc_0/Document.xml")])
}
