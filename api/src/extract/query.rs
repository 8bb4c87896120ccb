//! Query strings: unknown parameters and wrong values are refused with a pointer.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::page::PageRequest;

use crate::problem::Problem;

/// A typed query string.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // The ordinary reader does the work; its words tell which parameter it stumbled over.
    actix_web::web::Query::<T>::from_query(text).map(actix_web::web::Query::into_inner).map_err(|error| {
        let words = error.to_string();
        let field = words.split('`').nth(1).unwrap_or("");
        let rule = if words.contains("unknown field") {
            "unknown_field"
        } else if words.contains("missing field") {
            "missing_field"
        } else if words.contains("duplicate field") {
            "duplicate_field"
        } else {
            "wrong_type"
        };
        // The pointer names the parameter when the reader did; a wrong value is found by its parameter's name below.
        let is_name = matches!(rule, "unknown_field" | "missing_field" | "duplicate_field");
        Problem::invalid(&if is_name { format!("/{field}") } else { "/".to_owned() }, rule)
    })
}

/// `limit` and `cursor`, as every list takes them.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Rows of the page, at most 100.
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    /// Where the page begins, as `next` of an earlier answer gave it.
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

impl Paging {
    pub fn request(self) -> Result<PageRequest, Problem> {
        Ok(PageRequest::new(self.limit, self.cursor)?)
    }
}
