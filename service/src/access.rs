//! The scope of a caller as a condition on cases: the filter that every read of a case must carry.

use domain::access::Scope;
use entity::{case_file, case_participant};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition};

/// The cases inside a scope. An empty scope sees nothing.
pub fn visible_cases(scope: &Scope) -> Condition {
    if scope.all {
        return Condition::all();
    }
    let mut any = Condition::any();
    if let Some(account) = scope.account {
        any = any.add(case_file::Column::ApplicantId.eq(account));
    }
    if !scope.organisations.is_empty() {
        any = any.add(case_file::Column::OrganisationId.is_in(scope.organisations.iter().copied()));
    }
    if !scope.regions.is_empty() {
        any = any.add(case_file::Column::Region.is_in(scope.regions.iter().cloned()));
    }
    if let Some(expert) = scope.expert {
        let seats = Query::select()
            .column(case_participant::Column::CaseId)
            .from(case_participant::Entity)
            .and_where(Expr::col(case_participant::Column::AccountId).eq(expert))
            .to_owned();
        any = any.add(case_file::Column::Id.in_subquery(seats));
    }
    if scope.is_empty() { Condition::all().add(Expr::value(false)) } else { any }
}
