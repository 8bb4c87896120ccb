//! Exports: no cell that a spreadsheet would run, ids and numbers as text.

use std::io::Read;

use domain::access::Role;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

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

/// The parts of a workbook, unfolded.
fn unzipped(bytes: &[u8]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.xlsx");
    std::fs::write(&file, bytes).unwrap();
    let done = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-e"])
        .args([file.as_path(), folder.path()])
        .status()
        .expect("python3 unfolds the workbook");
    assert!(done.success());
    ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"]
        .map(|name| {
            let mut text = String::new();
            std::fs::File::open(folder.path().join(name)).unwrap().read_to_string(&mut text).unwrap();
            (name.to_owned(), text)
        })
        .to_vec()
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
        let parts = unzipped(&xlsx.bytes);
        // No formula element, and no cell that is not a shared string.
        assert!(!parts[0].1.contains("<f>") && !parts[0].1.contains("<f "), "{}", parts[0].1);
        let (cells, strings) = (parts[0].1.matches("<c ").count(), parts[0].1.matches(" t=\"s\"").count());
        assert_eq!(cells, strings, "every cell is text");
        assert!(cells >= PAYLOADS.len() * 5, "{cells}");
        evidence!("I2", app.engine().as_str(), "{} payloads in 2 columns of the worklist as CSV and XLSX: 0 formulas, {strings} of {cells} cells are text", PAYLOADS.len());
    }
}
