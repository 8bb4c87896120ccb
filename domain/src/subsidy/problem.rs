//! What is wrong with a document, and where.

use super::document::Position;

crate::word! {
    /// The kind of a problem.
    pub enum ProblemKind {
        NotReadable = "not_readable" / "无法读取",
        TooLarge = "too_large" / "超出上限",
        DuplicateKey = "duplicate_key" / "名称重复",
        UnknownKey = "unknown_key" / "未知名称",
        MissingKey = "missing_key" / "缺少内容",
        WrongType = "wrong_type" / "类型错误",
        UnknownWord = "unknown_word" / "未知词语",
        /// A figure that is none, or of another unit.
        BadFigure = "bad_figure" / "数字错误",
        BadDate = "bad_date" / "日期错误",
        UnknownMeasure = "unknown_measure" / "未知指标",
        WrongUnit = "wrong_unit" / "单位不符",
        /// Bands that overlap, leave a gap, run backwards or end although the text has no end.
        Bands = "bands" / "分档错误",
        /// The text names a cap and the clause has none.
        MissingCap = "missing_cap" / "缺少上限",
        /// 超过 beside 以上, or a flag that says the other.
        Threshold = "threshold" / "含本数矛盾",
        Inconsistent = "inconsistent" / "前后矛盾",
        GoldenCase = "golden_case" / "样例不符",
    }
}

/// One problem of a document.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    #[serde(flatten)]
    pub at: Position,
    pub kind: ProblemKind,
    /// What it is about, in English; names and figures as written.
    pub detail: String,
}

/// Most problems that are reported of one document.
pub const MOST_PROBLEMS: usize = 200;

impl Problem {
    pub(super) fn new(at: Position, kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { at, kind, detail: detail.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}: {}", self.at.line, self.at.column, self.kind, self.detail)
    }
}

/// The problems found so far; the first ones are kept.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether nothing more is kept, so that reading on is of no use.
    pub fn is_full(&self) -> bool {
        self.problems.len() >= MOST_PROBLEMS
    }

    pub fn add(&mut self, at: Position, kind: ProblemKind, detail: impl Into<String>) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem::new(at, kind, detail));
        }
    }
}
