//! What is left of the store when something breaks: a call, the power, the disk, the file itself.

mod backup;
mod damaged;
mod first_start;
mod full;
mod house;
mod nth_call;
mod power;
mod replay;
mod unit;
mod upload;

pub use house::large_pdf;
