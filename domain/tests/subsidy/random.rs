//! Random rule sets and facts: the engine and the slow evaluator agree on everything.

use serde_json::json;

use crate::engine::{rule_set, run};
use crate::rng::{Rng, rounds, seed};
use crate::slow::{Out, settle};
use crate::{engine, generate};

#[test]
fn both_evaluators_agree() {
    let seed = seed();
    let (mut amounts, mut positive, mut missing, mut refused, mut claims_seen) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    for round in 0..rounds(2_000, 100_000) {
        let mut rng = Rng::new(seed.wrapping_mul(1_000_003).wrapping_add(round));
        let document = generate::rule_set(&mut rng);
        let claims = generate::claims(&mut rng, &document);
        let set = rule_set(&document);
        let expected = settle(&document, &claims, None);
        let found = run(&set, &claims, None);
        claims_seen += claims.len() as u64;
        match (expected, found) {
            (Err(_), Err(_)) => refused += 1,
            (Ok(expected), Ok(found)) => {
                for out in &found {
                    amounts += u64::from(matches!(out, Out::Amount(_)));
                    positive += u64::from(matches!(out, Out::Amount(amount) if *amount > crate::slow::zero()));
                    missing += u64::from(*out == Out::Missing);
                }
                let facts: Vec<_> = claims.iter().map(|claim| json!({"id": claim.id, "of": claim.component, "facts": claim.facts, "submitted": claim.submitted, "rank": claim.rank})).collect();
                assert_eq!(found, expected, "round {round}\n{document:#}\n{:#}", json!(facts));
            }
            (expected, found) => panic!("round {round}: {expected:?} against {found:?}\n{document:#}"),
        }
    }
    println!(
        "{claims_seen} claims: {amounts} amounts ({positive} above zero), {missing} not computable, {refused} rounds refused"
    );
    assert!(positive * 10 > claims_seen, "most random cases come to nothing: the generator is too strict");
}

#[test]
fn the_order_of_items_and_claims_changes_nothing() {
    let seed = seed();
    for round in 0..rounds(500, 20_000) {
        let mut rng = Rng::new(seed.wrapping_mul(7_919).wrapping_add(round));
        let document = generate::rule_set(&mut rng);
        let claims = generate::claims(&mut rng, &document);
        let set = engine::rule_set(&document);
        let Ok(first) = run(&set, &claims, None) else { continue };
        let mut turned: Vec<_> = claims.iter().cloned().zip(first).collect();
        turned.reverse();
        for (claim, _) in &mut turned {
            if let Some(items) = claim.facts.get_mut("items") {
                items.as_array_mut().unwrap().reverse();
            }
        }
        let (claims, first): (Vec<_>, Vec<_>) = turned.into_iter().unzip();
        assert_eq!(run(&set, &claims, None).unwrap(), first, "round {round}\n{document:#}");
    }
}
