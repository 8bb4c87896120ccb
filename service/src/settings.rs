//! What an installation decides for itself: names, limits and periods. None of them is a rule of a programme; those are
//! clauses of rule sets.

use std::path::PathBuf;

/// What an installation decides; secrets live in [`crate::crypto::Keys`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
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
    /// How long a proven password counts as fresh, in seconds; later, sensitive steps ask for a new login.
    pub fresh_login_seconds: i64,
    /// Lifetime of an invitation in seconds.
    pub invitation_seconds: i64,
    /// Placing a notification in the in-app list counts as delivery (电子签名法 article 11); otherwise its opening does.
    pub placing_is_delivery: bool,
    /// The first year whose certificates are in this register; older papers are out of scope.
    pub register_begins: i32,
    /// Address of a clamd scanner, `host:port`; without it files are `skipped`.
    #[serde(skip)]
    pub scanner: Option<String>,
    /// What may be attached to cases.
    pub files: FileLimits,
    /// How long things are good for, waited for and kept.
    pub periods: Periods,
    /// When guessing a password has to wait.
    pub lockout: Lockout,
    /// The folder behind the object store when it is a local one, so that what an interrupted upload left is found.
    pub files_folder: Option<PathBuf>,
}

/// Limits of attachments. A round may name its own for size and count.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileLimits {
    /// Bytes of one file where no round says otherwise.
    pub file_bytes: u64,
    /// Bytes that a round may allow for one file at most.
    pub round_file_bytes: u64,
    /// Files of a case where no round says otherwise.
    pub case_files: u32,
    /// Files that a round may allow for a case at most.
    pub round_case_files: u32,
    /// Bytes of all files of a case, where the rule set does not say less.
    pub case_bytes: u64,
    /// Files that one account may have stored, over all cases.
    pub account_files: u64,
    /// Bytes of them.
    pub account_bytes: u64,
    /// Files that the members of one organisation may have stored, over all cases.
    pub organisation_files: u64,
    /// Bytes of them.
    pub organisation_bytes: u64,
    /// Pixels of a picture, width times height, in image files and in PDF files.
    pub image_pixels: u64,
    /// Pages that a PDF may claim.
    pub pdf_pages: u64,
    /// Entries of a container (DOCX, XLSX, OFD).
    pub container_entries: u64,
    /// Bytes that a container may claim to unfold to.
    pub container_bytes: u64,
}

/// Bytes of a mebibyte.
const MIB: u64 = 1024 * 1024;

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            file_bytes: 20 * MIB,
            round_file_bytes: 100 * MIB,
            case_files: 50,
            round_case_files: 500,
            case_bytes: 100 * MIB,
            account_files: 5_000,
            account_bytes: 5 * 1024 * MIB,
            organisation_files: 50_000,
            organisation_bytes: 50 * 1024 * MIB,
            // A scan of A3 at 600 dpi has 70 million.
            image_pixels: 100_000_000,
            pdf_pages: 20_000,
            container_entries: 5_000,
            container_bytes: 512 * MIB,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            token_issuer: "jiqiao".to_owned(),
            mail_domain: "jiqiao.invalid".to_owned(),
            certificate_issuer: "广西壮族自治区科学技术厅".to_owned(),
            is_specimen: false,
            access_token_seconds: 900,
            session_seconds: 30 * 24 * 3_600,
            fresh_login_seconds: 600,
            invitation_seconds: 3_600,
            placing_is_delivery: true,
            register_begins: 2026,
            scanner: None,
            files: FileLimits::default(),
            periods: Periods::default(),
            lockout: Lockout::default(),
            files_folder: None,
        }
    }
}

/// How long things are good for, waited for and kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Periods {
    /// Hours in which a new e-mail address is confirmed.
    pub confirmation_hours: u32,
    /// Hours in which a changed one is.
    pub email_change_hours: u32,
    /// Hours in which a password may be reset.
    pub password_reset_hours: u32,
    /// Hours for which a mail is tried.
    pub mail_hours: u32,
    /// Days for which the session that ended is kept.
    pub session_days: u32,
    /// Days for which a one-time token that ran out is kept.
    pub token_days: u32,
    /// Days after which an account that was never confirmed is removed.
    pub unconfirmed_days: u32,
    /// Days for which jobs that are done are kept.
    pub job_days: u32,
    /// Days for which a repeated idempotency key gets its answer.
    pub answer_days: u32,
    /// Hours after which a stored file without a row is taken for left behind.
    pub loose_file_hours: u32,
}

impl Default for Periods {
    fn default() -> Self {
        Self {
            confirmation_hours: 24,
            email_change_hours: 1,
            password_reset_hours: 1,
            mail_hours: 72,
            session_days: 90,
            token_days: 30,
            unconfirmed_days: 30,
            job_days: 30,
            answer_days: 7,
            loose_file_hours: 24,
        }
    }
}

/// Lock-out with back-off: every further failure waits twice as long as the one before.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lockout {
    /// Failures in a row of one address before the first wait.
    pub email_failures: i32,
    /// The same of one source: many people may share it.
    pub source_failures: i32,
    pub first_wait_seconds: u32,
    /// Short enough not to shut the owner out: 96 guesses a day at a quarter of an hour.
    pub longest_wait_seconds: u32,
    /// Failures older than this no longer count.
    pub memory_hours: u32,
    /// A source from which the owner logged in this recently is not locked by what others do elsewhere.
    pub familiar_days: u32,
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            email_failures: 5,
            source_failures: 20,
            first_wait_seconds: 15,
            longest_wait_seconds: 900,
            memory_hours: 24,
            familiar_days: 90,
        }
    }
}
