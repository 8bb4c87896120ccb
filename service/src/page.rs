//! The one way to page a list: keyset, newest first, a cursor that says where the last page ended.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Rows of a page when the caller names none.
pub const DEFAULT_LIMIT: u64 = 50;
/// Rows of a page at most.
pub const MAX_LIMIT: u64 = 100;

/// The page that a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: u64,
    /// As an earlier answer gave it; opaque to clients.
    pub cursor: Option<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, cursor: None }
    }
}

/// A page and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl PageRequest {
    /// A page request as sent: the limit is checked, the cursor is read when used.
    pub fn new(limit: Option<u64>, cursor: Option<String>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 || limit > MAX_LIMIT {
            return Err(Error::invalid("/limit", "limit_range"));
        }
        Ok(Self { limit, cursor })
    }

    /// The parts of the cursor.
    pub fn parts(&self) -> Result<Option<Vec<String>>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let unreadable = || Error::invalid("/cursor", "cursor_format");
        let bytes = data_encoding::BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| unreadable())?;
        serde_json::from_slice(&bytes).map(Some).map_err(|_| unreadable())
    }

    /// A cursor of a single id.
    fn id(&self) -> Result<Option<Uuid>> {
        let Some(parts) = self.parts()? else { return Ok(None) };
        match parts.as_slice() {
            [id] => id.parse().map(Some).map_err(|_| Error::invalid("/cursor", "cursor_format")),
            _ => Err(Error::invalid("/cursor", "cursor_format")),
        }
    }
}

/// A cursor of these parts.
pub fn cursor(parts: &[String]) -> String {
    let json = serde_json::to_vec(parts).unwrap_or_default();
    data_encoding::BASE64URL_NOPAD.encode(&json)
}

/// Orders by a time-sorted id, newest first, from the cursor on; asks for one row more than the page.
pub fn by_id<Q, C>(query: Q, id: C, page: &PageRequest) -> Result<Q>
where
    Q: QueryFilter + QueryOrder + QuerySelect,
    C: ColumnTrait,
{
    let query = match page.id()? {
        Some(last) => query.filter(id.lt(last)),
        None => query,
    };
    Ok(query.order_by_desc(id).limit(page.limit + 1))
}

impl<T> Page<T> {
    /// Cuts the row too many and makes the cursor of the last row kept.
    pub fn cut(mut rows: Vec<T>, page: &PageRequest, key: impl Fn(&T) -> String) -> Self {
        Self::cut_by(std::mem::take(&mut rows), page, |row| vec![key(row)])
    }

    /// The same for cursors of several parts.
    pub fn cut_by(mut rows: Vec<T>, page: &PageRequest, key: impl Fn(&T) -> Vec<String>) -> Self {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = if has_more { rows.last().map(|row| cursor(&key(row))) } else { None };
        Self { items: rows, next }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }

    /// The same for changes that can fail.
    pub fn try_map<U>(self, change: impl FnMut(T) -> Result<U>) -> Result<Page<U>> {
        Ok(Page { items: self.items.into_iter().map(change).collect::<Result<_>>()?, next: self.next })
    }
}
