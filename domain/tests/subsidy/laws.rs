//! Laws that hold for every rule of a kind: more of the base never pays less where nothing says so.

use domain::subsidy::{Options, Outcome, evaluate};
use serde_json::{Value, json};

use crate::engine::rule_set;
use crate::rng::{Rng, rounds, seed};

/// Shapes that never fall: bands of the whole amount may, and so may nothing else.
fn rising_rule(rng: &mut Rng) -> Value {
    let cap = rng.pick(&["0", "500", "50000", "1000000.01"]);
    let calc = match rng.below(4) {
        0 => json!({"kind": "flat", "rate": rng.pick(&["0.02", "0.0006", "1"])}),
        1 => json!({"kind": "marginal", "brackets": [
            {"upto": "100000", "rate": "0.01"}, {"upto": "1000000", "rate": "0.005"}, {"upto": null, "rate": "0.001"}]}),
        2 => json!({"kind": "step", "threshold": "1000", "fixed": "30", "step": "500.01", "step_amount": "10"}),
        _ => json!({"kind": "fixed_plus_excess", "threshold": "1000", "fixed": "30", "excess_rate": "0.0005"}),
    };
    json!({
        "id": "R", "version": "1", "issuer": "test", "status": "draft", "measures": {"m1": "yuan"},
        "components": [{"id": "a", "base": {"op": "sum", "measure": "m1"}, "calc": calc,
            "floor": {"amount": rng.pick(&["0", "1000"]), "inclusive": rng.one_in(2)},
            "caps": [{"scope": "beneficiary", "period": "year", "amount": cap}]}],
        "golden_cases": [{"id": "g", "given": {}, "expect": "0"}],
    })
}

#[test]
fn more_never_pays_less() {
    let seed = seed();
    for round in 0..rounds(500, 20_000) {
        let mut rng = Rng::new(seed.wrapping_mul(31).wrapping_add(round));
        let document = rising_rule(&mut rng);
        let set = rule_set(&document);
        let mut amounts: Vec<u64> = (0..12).map(|_| rng.below(300_000_000)).collect();
        amounts.sort_unstable();
        let mut last = -1;
        for fen in amounts {
            let facts = json!({"m1": format!("{}.{:02}", fen / 100, fen % 100)});
            let facts = domain::subsidy::read::facts(&facts.to_string(), &set).unwrap();
            let Outcome::Amount(amount) = evaluate(&set, "a", &facts, Options::CASE).unwrap().outcome else {
                panic!("an amount")
            };
            assert!(amount.0 >= last, "round {round}: {fen} fen pay {amount} after {last}\n{document:#}");
            last = amount.0;
        }
    }
}
