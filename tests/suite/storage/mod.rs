//! What is left of the store when something breaks: a call, the power, the disk, the file itself.

mod nth_call;
