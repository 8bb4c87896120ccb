//! Sharing a pool, unit by unit.

use serde_json::Value;

use super::{Claim, Out, Q, int, mode, rounded, some, stage, text, unit, zero};

pub fn share(set: &Value, claims: &[Claim], other: Option<Q>, outs: &mut [Out]) {
    let Some(pool) = some(set, "pool") else { return };
    let Some(sum) = other.or_else(|| some(pool, "amount").map(super::q)) else { return };
    let at: Vec<usize> = (0..outs.len()).filter(|at| matches!(outs[*at], Out::Amount(_))).collect();
    let asked: Vec<Q> = at.iter().map(|at| if let Out::Amount(q) = &outs[*at] { q.clone() } else { zero() }).collect();
    let rounding = set.get("rounding").cloned().unwrap_or(Value::Null);
    let claim = |place: usize| &claims[at[place]];
    let shares = match text(pool, "mode") {
        "pro_rata" => pro_rata(&asked, &sum, &rounding, &|place| (claim(place).submitted, claim(place).id.clone())),
        "none" => return,
        by => {
            let ranked = by != "first_come";
            let mut order: Vec<usize> = (0..asked.len()).collect();
            order.sort_by_key(|place| {
                let claim = claim(*place);
                let rank = if ranked { claim.rank.unwrap_or(i64::MAX) } else { 0 };
                (rank, claim.submitted, claim.id.clone())
            });
            let mut places = pool.get("quantity").and_then(Value::as_u64).unwrap_or(u64::MAX);
            let (mut left, mut is_open) = (sum, true);
            let mut shares = vec![zero(); asked.len()];
            for place in order.into_iter().filter(|place| asked[*place] > zero()) {
                if places == 0 || !is_open {
                    continue;
                }
                let fits = asked[place] <= left;
                is_open = fits;
                if fits {
                    shares[place] = asked[place].clone();
                } else if !ranked {
                    shares[place] = left.clone();
                }
                left -= shares[place].clone();
                places -= 1;
            }
            if stage(&rounding, "after_pool") {
                for share in &mut shares {
                    *share = rounded(share, &unit(&rounding), mode(&rounding)).min(share.clone());
                }
            }
            shares
        }
    };
    for (place, share) in at.into_iter().zip(shares) {
        outs[place] = Out::Amount(share);
    }
}

fn pro_rata(asked: &[Q], sum: &Q, rounding: &Value, order: &dyn Fn(usize) -> (i64, String)) -> Vec<Q> {
    let total: Q = asked.iter().sum();
    if total <= *sum {
        return asked.to_vec();
    }
    let unit = if stage(rounding, "after_pool") { unit(rounding) } else { int(1) / int(100) };
    let ideal: Vec<Q> = asked.iter().map(|amount| sum * amount / &total).collect();
    let mut shares: Vec<Q> = ideal.iter().map(|ideal| rounded(ideal, &unit, "down")).collect();
    if some(rounding, "remainder").is_some_and(|remainder| remainder == "leave") {
        return shares;
    }
    let mut given = vec![false; asked.len()];
    loop {
        let left = sum - shares.iter().sum::<Q>();
        let open = (0..asked.len()).filter(|at| !given[*at] && &shares[*at] + &unit <= asked[*at]);
        let next = open.max_by(|a, b| {
            let rest = |at: usize| &ideal[at] - rounded(&ideal[at], &unit, "down");
            rest(*a).cmp(&rest(*b)).then_with(|| order(*b).cmp(&order(*a)))
        });
        let Some(next) = next.filter(|_| left >= unit) else { return shares };
        shares[next] += &unit;
        given[next] = true;
    }
}
