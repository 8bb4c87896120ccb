//! Formulas that no source has, made of the same parts, with results that were computed by hand (`steps`).

use domain::subsidy::check::compare;
use domain::subsidy::read::{Document, read};

const UNSEEN: &str = include_str!("unseen.json");

#[test]
fn formulas_of_the_same_parts_come_out_as_by_hand() {
    let book = match read(UNSEEN) {
        Ok(Document::Book(book)) => book,
        other => panic!("{other:#?}"),
    };
    assert_eq!(book.remarks, Vec::<String>::new());
    let mut wrong = Vec::new();
    for (set, case) in &book.order {
        let (set, case) = (&book.sets[*set], &book.sets[*set].cases[*case]);
        let compared = compare(set, case);
        if !compared.agrees() {
            wrong.push(format!("{} {:?} {:?} {:?}", case.id, compared.expected, compared.computed, compared.refusal));
        }
    }
    println!("{} examples of {} formulas", book.order.len(), book.sets.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
