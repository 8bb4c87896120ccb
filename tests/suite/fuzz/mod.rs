//! Fuzzing on the stable toolchain: what strangers send is mutated from a corpus that is kept under `tests/corpus/`, and
//! each target says what must hold of it. Short in every run; long with
//! `JIQIAO_LONG=1 cargo test --release --test suite fuzz::`, which also keeps every input that behaved in a new way.

mod driver;
mod served;
mod values;
