//! A file on its way out: always an attachment, never a page of ours.

use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ContentEncoding, X_CONTENT_TYPE_OPTIONS,
};
use service::file::Download;

/// 200 with the bytes.
pub fn attachment(download: Download) -> HttpResponse {
    let Download { file, bytes } = download;
    let size = u64::try_from(file.size_bytes).unwrap_or(0);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.media_type))
        .insert_header((CONTENT_DISPOSITION, disposition(&file.name)))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // The formats are compressed already, and the length stays true.
        .insert_header(ContentEncoding::Identity)
        .body(SizedStream::new(size, bytes))
}

/// RFC 6266: an ASCII name for old readers, the real one in RFC 8187 form.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' })
        .collect();
    let mut extended = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            extended.push(char::from(byte));
        } else {
            extended.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn names_stay_inside_their_header() {
        assert_eq!(
            disposition("登记 \"1\".pdf"),
            "attachment; filename=\"__ _1_.pdf\"; filename*=UTF-8''%E7%99%BB%E8%AE%B0%20%221%22.pdf"
        );
        assert!(!disposition("a\r\nSet-Cookie: x.pdf").contains(['\r', '\n']));
    }
}
