//! The worklist as CSV or XLSX: the same filter, ids as text, no cell that a spreadsheet would run.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, HeaderValue};
use futures_util::stream;
use service::page::{MAX_LIMIT, PageRequest};
use service::process::{WorkItem, WorklistFilter, record_export, worklist};
use service::{Caller, Code, Context};

use crate::problem::Problem;

/// A format that `Accept` may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Xlsx,
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Rows of one spreadsheet; a larger export is CSV.
const XLSX_ROWS: usize = 100_000;
const COLUMNS: [&str; 10] =
    ["number", "process", "state", "region", "applicant", "title", "desk", "next_due_at", "submitted_at", "updated_at"];

impl Format {
    /// How the audit trail calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The export that `Accept` asks for; none for JSON, a refusal for anything else.
    pub fn wanted(accept: Option<&HeaderValue>) -> Result<Option<Self>, Problem> {
        let Some(accept) = accept.and_then(|value| value.to_str().ok()) else { return Ok(None) };
        for range in accept.split(',').map(|range| range.split(';').next().unwrap_or("").trim()) {
            match range {
                "text/csv" => return Ok(Some(Self::Csv)),
                XLSX => return Ok(Some(Self::Xlsx)),
                "application/json" | "application/*" | "*/*" | "" => return Ok(None),
                _ => {}
            }
        }
        Err(Problem::new(Code::NotAcceptable))
    }
}

/// A cell that a spreadsheet must not take for a formula.
pub fn guarded(text: &str) -> String {
    let is_control = text.starts_with(['\t', '\r', '\n']);
    // Some readers drop blanks first, and those of our languages take full-width signs for signs.
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if is_control || is_formula { format!("'{text}") } else { text.to_owned() }
}

fn cells(item: &WorkItem) -> [String; 10] {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.to_rfc3339()).unwrap_or_default();
    [
        item.number.clone(),
        item.process.clone(),
        item.state.clone(),
        item.region.to_string(),
        guarded(&item.applicant_name),
        guarded(&item.title),
        item.desk.map(|desk| desk.to_string()).unwrap_or_default(),
        time(item.next_due_at),
        time(item.submitted_at),
        time(Some(item.updated_at)),
    ]
}

/// The whole filter in the wanted format.
pub async fn cases(
    context: &Context,
    caller: &Caller,
    filter: WorklistFilter,
    format: Format,
) -> Result<HttpResponse, Problem> {
    // Rights and filter are judged before the first byte goes out.
    let first = worklist(context, caller, &filter, &page(None)).await?;
    record_export(context, caller, &filter, format.name()).await?;
    match format {
        Format::Csv => Ok(csv(context.clone(), caller.clone(), filter, first)),
        Format::Xlsx => xlsx(context, caller, &filter, first).await,
    }
}

fn page(cursor: Option<String>) -> PageRequest {
    PageRequest { limit: MAX_LIMIT, cursor }
}

type FirstPage = service::page::Page<WorkItem>;

/// Streams page after page; memory stays flat.
fn csv(context: Context, caller: Caller, filter: WorklistFilter, first: FirstPage) -> HttpResponse {
    struct State {
        context: Context,
        caller: Caller,
        filter: WorklistFilter,
        page: Option<FirstPage>,
        is_first: bool,
    }
    let state = State { context, caller, filter, page: Some(first), is_first: true };
    let chunks = stream::try_unfold(state, |mut state| async move {
        let Some(page) = state.page.take() else { return Ok::<_, Problem>(None) };
        let mut text = Vec::new();
        if state.is_first {
            // Excel reads UTF-8 only behind a byte order mark.
            text.extend_from_slice("\u{feff}".as_bytes());
            text.extend(line(&COLUMNS.map(str::to_owned)));
            state.is_first = false;
        }
        for item in &page.items {
            text.extend(line(&cells(item)));
        }
        if let Some(next) = page.next {
            let request = self::page(Some(next));
            state.page = Some(worklist(&state.context, &state.caller, &state.filter, &request).await?);
        }
        Ok(Some((actix_web::web::Bytes::from(text), state)))
    });
    attachment("text/csv; charset=utf-8", "worklist.csv").streaming(chunks)
}

fn line(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

async fn xlsx(
    context: &Context,
    caller: &Caller,
    filter: &WorklistFilter,
    first: FirstPage,
) -> Result<HttpResponse, Problem> {
    let mut items = first.items;
    let mut next = first.next;
    while let Some(cursor) = next.take() {
        if items.len() >= XLSX_ROWS {
            return Err(Problem::new(Code::TooLarge));
        }
        let more = worklist(context, caller, filter, &page(Some(cursor))).await?;
        items.extend(more.items);
        next = more.next;
    }
    // Compressing a sheet takes time that belongs to no worker of the server.
    let bytes = actix_web::web::block(move || sheet(&items))
        .await
        .map_err(|_| Problem::new(Code::Busy))?
        .map_err(|error| Problem::from(service::Error::internal(format!("xlsx: {error}"))))?;
    Ok(attachment(XLSX, "worklist.xlsx").body(bytes))
}

fn sheet(items: &[WorkItem]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0u16..).zip(COLUMNS) {
        sheet.write_string(0, column, name)?;
    }
    for (row, item) in (1u32..).zip(items) {
        for (column, cell) in (0u16..).zip(cells(item)) {
            sheet.write_string(row, column, cell)?;
        }
    }
    book.save_to_buffer()
}

fn attachment(media_type: &str, name: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type(media_type)
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for cell in ["=1+1", "+1", "-1", "@A1", "\tx", "\nx", " =1", "＝1"] {
            assert!(guarded(cell).starts_with('\''), "{cell}");
        }
        assert_eq!(guarded("王明"), "王明");
    }
}
