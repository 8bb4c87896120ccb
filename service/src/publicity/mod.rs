//! Publicity: the numbered lists of a round.
