//! Problem details (RFC 9457): the one shape of every refusal, and the one place that turns a failure into HTTP.

use std::fmt;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use domain::fault::Fault;
use serde::Serialize;
use serde_json::Value;
use service::{Code, Error, Reaction};

use crate::extract::Language;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The wait that a client is told when the store is at fault: somebody has to mend it first.
const STORE_RETRY: Duration = Duration::from_mins(1);

/// A failure on its way out. Internal failures carry no words.
#[derive(Debug, Clone)]
pub struct Problem {
    pub code: Code,
    pub detail: Option<String>,
    pub params: Value,
    pub errors: Vec<Fault>,
    pub retry_after: Option<Duration>,
    /// For 405.
    pub allow: Option<String>,
    pub request_id: String,
    pub language: Language,
}

/// The body as published.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:jiqiao:problem:` and the code.
    #[schema(example = "urn:jiqiao:problem:state_forbids")]
    pub r#type: String,
    /// Localised by `Accept-Language`.
    #[schema(example = "当前状态不能执行此操作")]
    pub title: String,
    #[schema(example = 409, minimum = 400, maximum = 599)]
    pub status: u16,
    pub detail: Option<String>,
    /// The request id, as in `X-Request-Id`.
    pub instance: String,
    /// Stable and for machines.
    #[schema(example = "state_forbids")]
    pub code: String,
    /// Field faults, all at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FaultBody>,
    /// What explains the code.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub params: Value,
}

/// One fault of one field.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Fault)]
pub struct FaultBody {
    /// JSON pointer.
    #[schema(example = "/contracts/2/share_pct")]
    pub pointer: String,
    /// The rule's name.
    #[schema(example = "contract_share_overflow")]
    pub rule: String,
    pub message: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub params: Value,
}

impl Problem {
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: None,
            params: Value::Null,
            errors: Vec::new(),
            retry_after: None,
            allow: None,
            request_id: String::new(),
            language: Language::Zh,
        }
    }

    pub fn invalid(pointer: &str, rule: &str) -> Self {
        Self { errors: vec![Fault::new(pointer, rule)], ..Self::new(Code::Invalid) }
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(Code::MalformedRequest) }
    }

    pub fn status(&self) -> StatusCode {
        status(self.code.reaction())
    }

    /// The same for this request.
    pub fn on(mut self, request_id: &str, language: Language) -> Self {
        request_id.clone_into(&mut self.request_id);
        self.language = language;
        self
    }

    pub fn body(&self) -> ProblemBody {
        let title = match self.language {
            Language::Zh => self.code.zh(),
            Language::En => self.code.en(),
        };
        ProblemBody {
            r#type: format!("urn:jiqiao:problem:{}", self.code.as_str()),
            title: title.to_owned(),
            status: self.status().as_u16(),
            detail: self.detail.clone(),
            instance: self.request_id.clone(),
            code: self.code.as_str().to_owned(),
            errors: self
                .errors
                .iter()
                .map(|fault| FaultBody {
                    pointer: fault.pointer.clone(),
                    rule: fault.rule.clone(),
                    message: crate::extract::rule_message(&fault.rule, self.language),
                    params: fault.params.clone(),
                })
                .collect(),
            params: self.params.clone(),
        }
    }
}

/// The one mapping from a client's reaction to a status.
pub fn status(reaction: Reaction) -> StatusCode {
    match reaction {
        Reaction::Syntax => StatusCode::BAD_REQUEST,
        Reaction::Authenticate => StatusCode::UNAUTHORIZED,
        Reaction::GiveUp => StatusCode::FORBIDDEN,
        Reaction::NotFound => StatusCode::NOT_FOUND,
        Reaction::Method => StatusCode::METHOD_NOT_ALLOWED,
        Reaction::Accept => StatusCode::NOT_ACCEPTABLE,
        Reaction::Conflict => StatusCode::CONFLICT,
        Reaction::Reload => StatusCode::PRECONDITION_FAILED,
        Reaction::Shrink => StatusCode::PAYLOAD_TOO_LARGE,
        Reaction::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reaction::Repair => StatusCode::UNPROCESSABLE_ENTITY,
        Reaction::Precondition => StatusCode::PRECONDITION_REQUIRED,
        Reaction::SlowDown => StatusCode::TOO_MANY_REQUESTS,
        Reaction::Wait => StatusCode::SERVICE_UNAVAILABLE,
        Reaction::Report => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let base = Self::new(error.code());
        match error {
            Error::NotFound | Error::Forbidden | Error::Stale => base,
            Error::Refused(_, params) => {
                let retry_after = params.get("retry_after_seconds").and_then(Value::as_u64).map(Duration::from_secs);
                Self { params, retry_after, ..base }
            }
            Error::Invalid(errors) => Self { errors, ..base },
            Error::Busy { retry_after } => Self { retry_after: Some(retry_after), ..base },
            Error::StoreFault(words) => {
                tracing::error!(error = words, "the store is at fault");
                Self { retry_after: Some(STORE_RETRY), ..base }
            }
            Error::Internal(source) => {
                // The one place where an internal failure is logged.
                tracing::error!(error = %source, "internal error");
                base
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status());
        response.content_type(PROBLEM_JSON).insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(wait) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, wait.as_secs().max(1).to_string()));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(serde_json::to_vec(&self.body()).unwrap_or_default())
    }
}
