//! Rounds (申报批次): when applications of a kind are taken, and under which rule version.

mod act;
mod check;
mod draft;
mod read;

pub use act::{Extension, close, extend, publish};
pub use draft::{NewRound, RoundChange, create, edit};
pub use read::{RoundFilter, RoundView, facts, get, list, open_rounds};
