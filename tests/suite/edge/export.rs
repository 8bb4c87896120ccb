//! Exports: no cell that a spreadsheet would run, ids and numbers as text.

use domain::access::Role;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::contract::unzip;
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;
use crate::harness::people::{at, caller_as};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What a spreadsheet runs, or takes for a number.
const PAYLOADS: [&str; 12] = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "+1+1",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\u{ff1d}1+1",
    "\n=1+1",
    "\"=1+1",
];

/// Whether a spreadsheet would take the cell for a formula.
fn is_formula(cell: &str) -> bool {
    let shown = cell.trim_start();
    cell.starts_with(['\t', '\r', '\n']) || shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

db_tests! {
    async fn no_cell_of_an_export_runs(app: TestApp) {
        let broker = app.account(Seat::of(Role::Broker)).await;
        let clerk = app.account(Seat::of(Role::RegionClerk)).await.token;
        for payload in PAYLOADS {
            let id = app.case(&caller_as(broker.id, Vec::new()), None, at("region_formal", Role::RegionClerk)).await;
            let change = entity::case_file::Entity::update_many()
                .col_expr(entity::case_file::Column::ApplicantName, Expr::value(payload))
                .col_expr(entity::case_file::Column::Title, Expr::value(payload));
            change.filter(entity::case_file::Column::Id.eq(id)).exec(app.connection()).await.unwrap();
        }
        let csv = app.get("/api/v1/cases").as_(&clerk).header("accept", "text/csv").send().await.expect(200);
        let text = String::from_utf8(csv.bytes).unwrap();
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let mut rows = 0;
        for record in reader.records() {
            let record = record.unwrap();
            rows += 1;
            for cell in &record {
                assert!(!is_formula(cell), "{cell:?}");
            }
        }
        assert_eq!(rows, PAYLOADS.len());
        let xlsx = app.get("/api/v1/cases").as_(&clerk).header("accept", XLSX).send().await.expect(200);
        let sheet = unzip::entry(&xlsx.bytes, "xl/worksheets/sheet1.xml").unwrap();
        // No formula element, and no cell that is not a shared string.
        assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "{}", sheet);
        let (cells, strings) = (sheet.matches("<c ").count(), sheet.matches(" t=\"s\"").count());
        assert_eq!(cells, strings, "every cell is text");
        assert!(cells >= PAYLOADS.len() * 5, "{cells}");
        evidence!("I2", app.engine().as_str(), "{} payloads in 2 columns of the worklist as CSV and XLSX: 0 formulas, {strings} of {cells} cells are text", PAYLOADS.len());
    }
}
