//! The demo's attachments: small PDF files that say what they stand for.

use bytes::Bytes;
use domain::file::FilePurpose;
use domain::ids::{CaseId, FileId};
use futures_util::stream;
use service::file::{self, NewFile};
use service::{Caller, Context};

/// What every application of the demo attaches.
const PURPOSES: [FilePurpose; 5] = [
    FilePurpose::IdentityDocument,
    FilePurpose::EducationCertificate,
    FilePurpose::EmploymentProof,
    FilePurpose::TrainingCertificate,
    FilePurpose::TitleCertificate,
];

/// A picture of one grey pixel.
const PICTURE: &[u8] =
    b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\
    \x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\x68\x00\x00\x00\x82\x00\x81\x77\
    \xcd\x72\xb6\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// Attaches one specimen per purpose; gives the photo.
pub async fn attach_all(context: &Context, caller: &Caller, case: CaseId) -> anyhow::Result<FileId> {
    for purpose in PURPOSES {
        attach(context, caller, case, purpose, "pdf", specimen(&purpose.to_string())).await?;
    }
    attach(context, caller, case, FilePurpose::Photo, "png", Bytes::from_static(PICTURE)).await
}

async fn attach(
    context: &Context,
    caller: &Caller,
    case: CaseId,
    purpose: FilePurpose,
    end: &str,
    bytes: Bytes,
) -> anyhow::Result<FileId> {
    let length = Some(bytes.len() as u64);
    let new = NewFile { name: format!("{purpose}.{end}"), purpose, declared: None, length };
    let slot = file::prepare(context, caller, case, new).await?;
    let received = file::receive(context, &slot, stream::iter([Ok(bytes)])).await?;
    Ok(file::attach(context, caller, &slot, received).await?.value.id)
}

/// A one-page PDF with a line of text.
pub fn specimen(text: &str) -> Bytes {
    let page = format!("BT /F1 24 Tf 72 720 Td (SPECIMEN {text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(pdf.len());
        pdf.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = pdf.len();
    pdf.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        pdf.push_str(&format!("{offset:010} 00000 n \n"));
    }
    pdf.push_str(&format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1));
    Bytes::from(pdf)
}
