//! Working days: questions of the public, and corrections with what follows.

mod ask;
mod correct;
