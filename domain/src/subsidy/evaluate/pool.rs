//! Sharing a pool (资金总额) among claims; the order in which claims arrive changes nothing.

use super::component::Run;
use super::finish::toward;
use super::{Claim, Options, Refusal};
use crate::rule::Fen;
use crate::subsidy::exact::{Exact, TooLarge};
use crate::subsidy::explain::{Detail, Stage};
use crate::subsidy::model::{Pool, PoolMode, Remainder, Rounding, RuleSet};

/// A claim on a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolClaim {
    pub id: String,
    pub amount: Fen,
    pub submitted: i64,
    pub rank: Option<i64>,
}

/// What each claim gets of `sum`, in the order given.
///
/// # Errors
/// Sums that leave the range.
pub fn share(claims: &[PoolClaim], sum: Fen, pool: &Pool, rounding: &Rounding) -> Result<Vec<Fen>, TooLarge> {
    match pool.mode {
        PoolMode::None => Ok(claims.iter().map(|claim| claim.amount).collect()),
        PoolMode::ProRata => pro_rata(claims, sum, rounding),
        PoolMode::RankAndCut => {
            let order = ordered(claims, |claim| (claim.rank.is_none(), claim.rank.unwrap_or(0)));
            Ok(in_order(claims, &order, sum, pool.quantity, false))
        }
        PoolMode::FirstCome => {
            let order = ordered(claims, |_| (false, 0));
            Ok(in_order(claims, &order, sum, pool.quantity, true))
        }
    }
}

/// By a key of the claim, then time of submission, then id.
fn ordered(claims: &[PoolClaim], key: impl Fn(&PoolClaim) -> (bool, i64)) -> Vec<usize> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|at| {
        let claim = &claims[*at];
        (key(claim), claim.submitted, claim.id.clone())
    });
    order
}

/// In full while it lasts; the first that does not fit gets the rest or nothing, and nobody after it gets anything.
fn in_order(claims: &[PoolClaim], order: &[usize], sum: Fen, quantity: Option<u32>, pays_rest: bool) -> Vec<Fen> {
    let mut shares = vec![Fen(0); claims.len()];
    let (mut left, mut places) = (sum.0, quantity.unwrap_or(u32::MAX));
    for at in order {
        let asked = claims[*at].amount.0;
        if asked <= 0 {
            continue;
        }
        if places == 0 {
            break;
        }
        if asked > left {
            shares[*at] = Fen(if pays_rest { left } else { 0 });
            break;
        }
        shares[*at] = Fen(asked);
        left -= asked;
        places -= 1;
    }
    shares
}

/// `sum × claim / total` in whole units, and the units that are left by largest remainder.
fn pro_rata(claims: &[PoolClaim], sum: Fen, rounding: &Rounding) -> Result<Vec<Fen>, TooLarge> {
    let amounts: Vec<i128> = claims.iter().map(|claim| i128::from(claim.amount.0.max(0))).collect();
    let total: i128 = amounts.iter().sum();
    let pool = i128::from(sum.0.max(0));
    if total <= pool {
        return Ok(claims.iter().map(|claim| claim.amount).collect());
    }
    let unit = if rounding.after_pool { i128::from(rounding.unit.0.max(1)) } else { 1 };
    let parts: Vec<(i128, i128)> = amounts
        .iter()
        .map(|amount| {
            let product = pool.checked_mul(*amount).ok_or(TooLarge)?;
            let divisor = total.checked_mul(unit).ok_or(TooLarge)?;
            Ok((product / divisor * unit, product % divisor))
        })
        .collect::<Result<_, TooLarge>>()?;
    let mut shares: Vec<i128> = parts.iter().map(|(share, _)| *share).collect();
    if rounding.remainder == Remainder::LargestRemainder {
        let mut left = (pool - shares.iter().sum::<i128>()) / unit;
        let mut order: Vec<usize> = (0..claims.len()).filter(|at| shares[*at] + unit <= amounts[*at]).collect();
        order.sort_by_key(|at| (-parts[*at].1, claims[*at].submitted, claims[*at].id.clone()));
        for at in order {
            if left == 0 {
                break;
            }
            shares[at] += unit;
            left -= 1;
        }
    }
    shares.into_iter().map(|share| i64::try_from(share).map(Fen).map_err(|_| TooLarge)).collect()
}

/// The pool's stage over all claims that have an amount.
pub(super) fn apply(
    set: &RuleSet,
    claims: &[Claim<'_>],
    options: Options,
    runs: &mut [Run<'_>],
) -> Result<(), Refusal> {
    let Some(pool) = set.pool.as_ref().filter(|pool| pool.mode != PoolMode::None) else { return Ok(()) };
    let at: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].amount_so_far().is_some()).collect();
    let asked = at
        .iter()
        .map(|at| {
            let amount = runs[*at].amount_so_far().and_then(Exact::fen).ok_or(TooLarge)?;
            let claim = &claims[*at];
            Ok(PoolClaim { id: claim.id.to_owned(), amount, submitted: claim.submitted, rank: claim.rank })
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    let total = sum(asked.iter().map(|claim| claim.amount))?;
    let amount = options.pool.or(pool.amount);
    let shares = match amount {
        None => asked.iter().map(|claim| claim.amount).collect(),
        Some(amount) => share(&asked, amount, pool, &set.rounding)?,
    };
    let left = Fen(amount.map_or(0, |amount| amount.0).saturating_sub(sum(shares.iter().copied())?.0).max(0));
    for (at, share) in at.into_iter().zip(shares) {
        let mut after = Exact::of(share);
        // First come pays what is left, which need not be whole units.
        if set.rounding.after_pool && pool.mode != PoolMode::ProRata && amount.is_some() {
            after = after.rounded(set.rounding.unit, toward(set.rounding.mode))?.min(after);
        }
        runs[at].settle(Stage::Pool, after, || Detail::Pool { mode: pool.mode, pool: amount, total, left });
    }
    Ok(())
}

pub(super) fn sum(amounts: impl Iterator<Item = Fen>) -> Result<Fen, TooLarge> {
    amounts.into_iter().try_fold(Fen(0), |sum, amount| sum.checked_add(amount).ok_or(TooLarge))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subsidy::model::Cited;
    use proptest::prelude::*;

    fn pool(mode: PoolMode) -> Pool {
        Pool { id: String::new(), year: None, amount: None, mode, quantity: None, cited: Cited::default() }
    }

    fn claims(amounts: &[i64]) -> Vec<PoolClaim> {
        let numbered = amounts.iter().zip(0..);
        numbered
            .map(|(yuan, at)| PoolClaim {
                id: format!("c{at}"),
                amount: Fen(yuan * 100),
                submitted: at,
                rank: Some(-at),
            })
            .collect()
    }

    fn yuan(shares: &[Fen]) -> Vec<i64> {
        shares.iter().map(|share| share.0 / 100).collect()
    }

    #[test]
    fn equal_remainders_go_by_time_of_submission() {
        let shares = share(&claims(&[100, 100, 100]), Fen(10_000), &pool(PoolMode::ProRata), &Rounding::default());
        assert_eq!(yuan(&shares.unwrap()), [34, 33, 33]);
    }

    #[test]
    fn a_remainder_may_stay_in_the_pool() {
        let leaves = Rounding { remainder: Remainder::Leave, ..Rounding::default() };
        let shares = share(&claims(&[100, 100, 100]), Fen(10_000), &pool(PoolMode::ProRata), &leaves).unwrap();
        assert_eq!(yuan(&shares), [33, 33, 33]);
    }

    #[test]
    fn rank_cuts_and_time_pays_the_rest() {
        let three = claims(&[50, 60, 40]);
        let ranked = share(&three, Fen(10_000), &pool(PoolMode::RankAndCut), &Rounding::default()).unwrap();
        assert_eq!(yuan(&ranked), [0, 60, 40]);
        let first = share(&three, Fen(10_000), &pool(PoolMode::FirstCome), &Rounding::default()).unwrap();
        assert_eq!(yuan(&first), [50, 50, 0]);
        let limited = Pool { quantity: Some(1), ..pool(PoolMode::RankAndCut) };
        assert_eq!(yuan(&share(&three, Fen(10_000), &limited, &Rounding::default()).unwrap()), [0, 0, 40]);
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_pool_in_any_order(
            amounts in prop::collection::vec(0_i64..1_000_000, 1..30), sum in 0_i64..5_000_000, seed in 0_usize..1000,
        ) {
            let first = claims(&amounts);
            let mut other = first.clone();
            let turn = seed % other.len();
            other.rotate_left(turn);
            let by_id = |claims: &[PoolClaim]| {
                let shares = share(claims, Fen(sum * 100), &pool(PoolMode::ProRata), &Rounding::default()).unwrap();
                let mut named: Vec<_> = claims.iter().map(|claim| claim.id.clone()).zip(shares).collect();
                named.sort();
                named
            };
            let shares = by_id(&first);
            prop_assert_eq!(&shares, &by_id(&other));
            let paid: i64 = shares.iter().map(|(_, share)| share.0).sum();
            prop_assert_eq!(paid, amounts.iter().sum::<i64>().min(sum) * 100);
            for (claim, (_, share)) in first.iter().map(|claim| claim.amount).zip(
                first.iter().map(|claim| shares.iter().find(|(id, _)| *id == claim.id).unwrap()),
            ) {
                prop_assert!(*share <= claim && share.0 >= 0);
            }
        }
    }
}
