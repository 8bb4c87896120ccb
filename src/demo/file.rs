//! The demo's attachments: small PDF files that say what they stand for.

use bytes::Bytes;
use domain::file::FilePurpose;
use domain::ids::CaseId;
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

/// Attaches one specimen per purpose.
pub async fn attach_all(context: &Context, caller: &Caller, case: CaseId) -> anyhow::Result<()> {
    for purpose in PURPOSES {
        let bytes = specimen(&purpose.to_string());
        let new = NewFile {
            name: format!("{purpose}.pdf"),
            purpose,
            declared: Some("application/pdf".to_owned()),
            length: Some(bytes.len() as u64),
        };
        let slot = file::prepare(context, caller, case, new).await?;
        let received = file::receive(context, &slot, stream::iter([Ok(bytes)])).await?;
        file::attach(context, caller, &slot, received).await?;
    }
    Ok(())
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
