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
    read(text).map_err(|words| {
        let named = words.split('`').nth(1).unwrap_or("");
        if words.contains("unknown field") {
            Problem::invalid(&format!("/{named}"), "unknown_field")
        } else if words.contains("missing field") {
            Problem::invalid(&format!("/{named}"), "missing_field")
        } else if words.contains("duplicate field") {
            Problem::invalid(&format!("/{named}"), "duplicate_field")
        } else {
            Problem::invalid(&format!("/{}", culprit::<T>(text)), "wrong_type")
        }
    })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let read = actix_web::web::Query::<T>::from_query(text);
    read.map(actix_web::web::Query::into_inner).map_err(|error| error.to_string())
}

/// The reader does not name the parameter of a wrong value: the one that is wrong alone is found by itself.
fn culprit<T: DeserializeOwned>(text: &str) -> &str {
    let is_wrong = |pair: &&str| read::<T>(pair).is_err_and(|words| !words.contains("missing field"));
    text.split('&').find(is_wrong).and_then(|pair| pair.split('=').next()).unwrap_or("")
}

/// `limit` and `cursor`, as every list takes them.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
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
