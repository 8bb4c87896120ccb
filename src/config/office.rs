//! Who runs this installation, and under which name and address.

use service::Settings;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OfficeConfig {
    /// Base address that links in mails and QR codes point to, without a trailing slash.
    pub public_url: String,
    /// `iss` and `aud` of access tokens.
    pub token_issuer: String,
    /// Domain part of Message-IDs and the sender of mails.
    pub mail_domain: String,
    /// The body that certificates name as issuer.
    pub certificate_issuer: String,
    /// Certificates are marked 样本 SPECIMEN.
    pub is_specimen: bool,
    /// Lifetime of an access token in seconds; at most 900.
    pub access_token_seconds: i64,
    /// Lifetime of a session in seconds.
    pub session_seconds: i64,
    /// Placing a notification in the in-app list counts as delivery.
    pub placing_is_delivery: bool,
    /// The first year whose certificates are in this register; older papers are out of scope.
    pub register_begins: i32,
}

impl Default for OfficeConfig {
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            public_url: settings.public_url,
            token_issuer: settings.token_issuer,
            mail_domain: settings.mail_domain,
            certificate_issuer: settings.certificate_issuer,
            is_specimen: settings.is_specimen,
            access_token_seconds: settings.access_token_seconds,
            session_seconds: settings.session_seconds,
            placing_is_delivery: settings.placing_is_delivery,
            register_begins: settings.register_begins,
        }
    }
}

impl OfficeConfig {
    /// What use cases are told.
    pub fn settings(&self, scanner: Option<String>) -> Settings {
        Settings {
            public_url: self.public_url.trim_end_matches('/').to_owned(),
            token_issuer: self.token_issuer.clone(),
            mail_domain: self.mail_domain.clone(),
            certificate_issuer: self.certificate_issuer.clone(),
            is_specimen: self.is_specimen,
            access_token_seconds: self.access_token_seconds,
            session_seconds: self.session_seconds,
            placing_is_delivery: self.placing_is_delivery,
            register_begins: self.register_begins,
            scanner,
        }
    }
}
