//! What an explanation tells beside the steps: where a figure comes from, and what would change the result.

use domain::subsidy::explain::{Explanation, Language, explain};
use domain::subsidy::model::{Case, RuleSet};
use domain::subsidy::read::{Document, facts, read};
use domain::subsidy::{Options, Outcome, evaluate, run_case};
use serde_json::{Value, json};

use crate::engine::rule_set;

fn rule(more: &Value) -> RuleSet {
    let mut component = json!({"id": "a", "base": {"op": "sum", "measure": "received_tech_amount"},
        "calc": {"kind": "flat", "rate": "2%"}});
    component.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule_set(&json!({
        "id": "R", "version": "1", "issuer": "test", "status": "draft",
        "measures": {"received_tech_amount": {"unit": "yuan", "title": "到账额"}, "major_projects": "count",
            "years_running": "years", "new_sales": "yuan"},
        "components": [component], "golden_cases": [{"id": "g", "given": {"received_tech_amount": 0}, "expect": 0}],
    }))
}

fn explained(set: &RuleSet, given: &Value) -> Explanation {
    let facts = facts(&given.to_string(), set).unwrap();
    let settled = evaluate(set, "a", &facts, Options::CASE.explained()).unwrap();
    explain(set, &settled, &facts, Options::CASE, Language::En)
}

#[test]
fn every_figure_names_the_item_and_the_proof_that_state_it() {
    let set = rule(&json!({"item_filter": {"related_party": false}}));
    let items: Vec<Value> = (1..=30)
        .map(|at| {
            json!({"id": format!("k{at}"), "received_tech_amount": "10000", "related_party": at == 2,
                "source": format!("银行回单{at}")})
        })
        .collect();
    let made = explained(&set, &json!({ "items": items }));
    let base = made.lines.iter().find(|line| line.clause == "a.base").unwrap();
    assert_eq!(base.inputs.len(), 29);
    assert_eq!((base.inputs[1].item.as_deref(), base.inputs[1].source.as_deref()), (Some("k3"), Some("银行回单3")));
    let text = made.text();
    assert!(text.contains("received tech amount 10,000 yuan (1 wan) (item k1; proof: 银行回单1)"), "{text}");
    assert!(text.contains("And 9 more."), "{text}");
    let total = explained(&set, &json!({"received_tech_amount": "5", "related_party": false, "source": "审计报告"}));
    assert!(total.html().contains("stated in total; proof: 审计报告"), "{}", total.html());
}

#[test]
fn the_nearest_threshold_may_be_a_count_a_year_or_another_measure() {
    let nearest = |gate: Value, given: Value| {
        let made = explained(&rule(&json!({ "gate": [gate] })), &given);
        let nearest = made.nearest.map(|nearest| (nearest.measure, nearest.more.plain(), nearest.amount.to_string()));
        (nearest, made.remarks.first().cloned().unwrap_or_default())
    };
    let (found, said) = nearest(
        json!({"measure": "major_projects", "gt": 4}),
        json!({"received_tech_amount": 1000, "major_projects": 3}),
    );
    assert_eq!(found, Some(("major_projects".to_owned(), "2".to_owned(), "20.00".to_owned())), "{said}");
    assert_eq!(said, "2 more major projects would reach 5; the amount would be 20 yuan.");
    let (found, _) = nearest(
        json!({"measure": "years_running", "gte": "2年"}),
        json!({"received_tech_amount": 1000, "years_running": 1}),
    );
    assert_eq!(found, Some(("years_running".to_owned(), "1".to_owned(), "20.00".to_owned())));
    let (found, said) = nearest(
        json!({"measure": "new_sales", "gte_measure": "received_tech_amount"}),
        json!({"received_tech_amount": 1000, "new_sales": "999.99"}),
    );
    assert_eq!(found, Some(("new_sales".to_owned(), "0.01".to_owned(), "20.00".to_owned())), "{said}");
}

#[test]
fn nothing_that_counts_pays_nothing_whatever_the_shape() {
    for calc in [
        json!({"kind": "fixed", "amount": "500"}),
        json!({"kind": "fixed_range", "min": "1", "max": "2"}),
        json!({"kind": "grade_table", "key": "grade", "table": {"A": "500"}}),
        json!({"kind": "flat", "rate": "2%"}),
    ] {
        let set = rule(&json!({"calc": calc, "item_filter": {"related_party": false},
            "add_ons": [{"id": "x", "calc": {"kind": "fixed", "amount": "7"}}]}));
        let made =
            explained(&set, &json!({"grade": "A", "items": [{"received_tech_amount": 9, "related_party": true}]}));
        assert_eq!(made.outcome, Outcome::Amount(domain::rule::Fen(0)), "{}", made.text());
        assert!(made.text().contains("None of 1 items counts, so nothing is paid."), "{}", made.text());
    }
}

#[test]
fn shares_of_a_pool_and_conditions_of_use_are_explained_too() {
    let book = match read(domain::subsidy::FORMULAS) {
        Ok(Document::Book(book)) => book,
        other => panic!("{other:#?}"),
    };
    let texts = |id: &str| -> Vec<String> {
        let has = |set: &&RuleSet| set.cases.iter().any(|case| case.id == id);
        let set = book.sets.iter().find(has).unwrap();
        let case: &Case = set.cases.iter().find(|case| case.id == id).unwrap();
        let answer = run_case(set, case, Options::CASE.explained()).unwrap();
        let view = |settled| explain(set, settled, &case.given.facts, Options::CASE, Language::En).text();
        answer.settlements.iter().map(view).collect()
    };
    let shares = texts("M01");
    assert_eq!(shares.len(), 2);
    assert!(shares[0].contains("The amount is 50,000 yuan (5 wan)."), "{}", shares[0]);
    assert!(shares[0].contains("all claims ask for 1,000,000 yuan (100 wan) (pro rata)"), "{}", shares[0]);
    let uses = texts("M10");
    assert!(uses[0].contains("at most 30% (0.3), which is 90,000 yuan (9 wan), for team"), "{}", uses[0]);
}

#[test]
fn duties_to_report_are_told_with_the_amount() {
    let set = rule(&json!({"reports": ["次年3月31日前报送经费使用情况"]}));
    let text = explained(&set, &json!({"received_tech_amount": "100000"})).text();
    assert!(text.contains("The amount is 2,000 yuan"), "{text}");
    assert!(text.contains("次年3月31日前报送经费使用情况"), "{text}");
}

#[test]
fn words_and_bands_that_say_the_contrary_are_refused() {
    let with = |begin: &str, text: &str| {
        let document = json!({
            "id": "R", "version": "1", "issuer": "test", "status": "draft", "measures": {"m1": "yuan"},
            "components": [{"id": "a", "text": text, "base": {"op": "sum", "measure": "m1"},
                "calc": {"kind": "band_whole", "bands": [{begin: "500万元", "lt": null, "rate": "25%"}]}}],
            "golden_cases": [{"id": "g", "given": {"m1": 0}, "expect": 0}],
        });
        read(&document.to_string()).map(|_| ()).map_err(|problems| problems[0].kind)
    };
    let strict = Err(domain::subsidy::ProblemKind::Threshold);
    assert_eq!(with("gte", "合同额超过500万元的，按25%补助"), strict);
    assert_eq!(with("gt", "合同额500万元以上的，按25%补助"), strict);
    assert_eq!(with("gt", "合同额达到500万元的，按25%补助"), strict);
    assert_eq!(with("gt", "合同额超过500万元的，按25%补助"), Ok(()));
    assert_eq!(with("gte", "合同额500万元以上的，按25%补助"), Ok(()));
    assert_eq!(with("gte", "合同额500万元以上的，超过500万元的部分按25%补助"), Ok(()));
}
