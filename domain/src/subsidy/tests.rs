//! The catalogue of real formulas, as it is.

use super::check::compare;
use super::read::{Book, Document, read};
use super::*;

fn book() -> Book {
    match read(FORMULAS) {
        Ok(Document::Book(book)) => *book,
        Ok(Document::Set(_)) => panic!("a book"),
        Err(problems) => panic!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>()),
    }
}

#[test]
fn every_example_of_the_catalogue_is_exact() {
    let book = book();
    assert_eq!((book.sets.len(), book.order.len()), (25, 45));
    let mut wrong = Vec::new();
    for (set, case) in &book.order {
        let (set, case) = (&book.sets[*set], &book.sets[*set].cases[*case]);
        let compared = compare(set, case);
        if !compared.agrees() {
            wrong.push((case.id.clone(), compared));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
