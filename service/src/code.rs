//! The one table of problem codes: what the client is told, in both languages, and how it should react.
//!
//! One code per distinguishable reaction of the client, not one per field; field faults travel beside the code. Codes
//! are part of the contract: they are published in the OpenAPI document and never reused.

/// How a client reacts; the API turns each into one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Repair the request's syntax.
    Syntax,
    /// Log in.
    Authenticate,
    /// Give up: known, but may not.
    GiveUp,
    /// Not there, or not visible.
    NotFound,
    /// Use another method.
    Method,
    /// Accept another content type.
    Accept,
    /// Read the state again, then decide anew.
    Conflict,
    /// Read the resource again: somebody changed it.
    Reload,
    /// Send less.
    Shrink,
    /// Send another content type.
    MediaType,
    /// Repair the content.
    Repair,
    /// Send the precondition.
    Precondition,
    /// Wait, then retry.
    SlowDown,
    /// Wait, then retry: the service cannot now.
    Wait,
    /// Report it.
    Report,
}

macro_rules! codes {
    ($($variant:ident = $text:literal, $reaction:ident, $zh:literal, $en:literal;)+) => {
        /// A stable, machine-readable problem code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Code { $(#[serde(rename = $text)] $variant),+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub fn reaction(self) -> Reaction {
                match self { $(Self::$variant => Reaction::$reaction),+ }
            }

            /// The title in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh),+ }
            }

            /// The title in English.
            pub fn en(self) -> &'static str {
                match self { $(Self::$variant => $en),+ }
            }
        }
    };
}

codes! {
    MalformedRequest = "malformed_request", Syntax, "请求格式不正确", "The request is malformed";
    IdempotencyKeyMissing = "idempotency_key_missing", Syntax, "缺少 Idempotency-Key", "The Idempotency-Key header is missing or not usable";
    Unauthenticated = "unauthenticated", Authenticate, "请先登录", "Authentication is required";
    LoginFailed = "login_failed", Authenticate, "账号或密码不正确", "The e-mail address or the password is wrong";
    SecondFactorRequired = "second_factor_required", Authenticate, "需要动态验证码", "A second factor is required";
    Forbidden = "forbidden", GiveUp, "没有权限", "You may not do this";
    FreshLoginRequired = "fresh_login_required", GiveUp, "请重新登录后再操作", "Log in again before this step";
    NotFound = "not_found", NotFound, "未找到", "Not found";
    MethodNotAllowed = "method_not_allowed", Method, "不支持的请求方法", "The method is not allowed here";
    NotAcceptable = "not_acceptable", Accept, "无法提供所要求的格式", "No acceptable representation";
    StateForbids = "state_forbids", Conflict, "当前状态不能执行此操作", "The present state forbids this";
    ConditionNotMet = "condition_not_met", Conflict, "办理条件不满足", "A condition of this step is not met";
    FourEyes = "four_eyes", Conflict, "须由另一人办理", "Another person must do this step";
    DeciderConflict = "decider_conflict", Conflict, "须回避", "You must recuse yourself from this case";
    AssignedToAnother = "assigned_to_another", Conflict, "已由他人承办", "The case is claimed by somebody else";
    ActiveApplicationExists = "active_application_exists", Conflict, "已有在办申请", "Another application is still open";
    AlreadyExists = "already_exists", Conflict, "已存在", "It exists already";
    InUse = "in_use", Conflict, "正在使用", "It is still in use";
    RequestInProgress = "request_in_progress", Conflict, "相同请求正在处理", "The same request is still being processed";
    FileNotServable = "file_not_servable", Conflict, "文件未通过安全检查", "The file has not passed the scanner";
    TokenSpent = "token_spent", Conflict, "链接已使用或已过期", "The link was used or has expired";
    Stale = "stale", Reload, "内容已被更新，请刷新", "Somebody changed it; read it again";
    TooLarge = "too_large", Shrink, "内容过大", "The content is too large";
    UnsupportedMediaType = "unsupported_media_type", MediaType, "不支持的内容类型", "The content type is not supported";
    Invalid = "invalid", Repair, "内容不符合要求", "The content breaks a rule";
    IdempotencyKeyReused = "idempotency_key_reused", Repair, "Idempotency-Key 已用于其他请求", "The Idempotency-Key belongs to another request";
    PreconditionMissing = "precondition_missing", Precondition, "缺少 If-Match", "The If-Match header is missing";
    RateLimited = "rate_limited", SlowDown, "请求过于频繁", "Too many requests";
    LockedOut = "locked_out", SlowDown, "登录失败次数过多，请稍后再试", "Too many failed attempts; wait";
    Busy = "busy", Wait, "系统繁忙，请稍后重试", "The service is busy; try again";
    FileLost = "file_lost", NotFound, "文件内容缺失，请联系管理员", "The content of this file is missing; report it";
    StoreFault = "store_fault", Wait, "数据存储故障，服务暂停", "The data store is at fault; the service is suspended";
    Internal = "internal", Report, "系统内部错误", "Internal error";
}
