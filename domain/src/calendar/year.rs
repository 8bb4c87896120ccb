//! One year as bits, so that asking for a day costs no search and no allocation.

use chrono::{Datelike, NaiveDate, Weekday};

/// Working and uncertain days of one year, a bit per day of the year.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Year {
    rest: [u64; 6],
    uncertain: [u64; 6],
}

fn place(day: NaiveDate) -> (usize, u64) {
    let ordinal = day.ordinal0();
    ((ordinal / 64) as usize, 1 << (ordinal % 64))
}

/// Saturday or Sunday.
pub(super) fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

impl Year {
    /// A year without any notice.
    pub(super) fn of_weekdays(year: i32) -> Self {
        let mut made = Self::default();
        let first = NaiveDate::from_yo_opt(year, 1);
        for day in first.iter().flat_map(NaiveDate::iter_days).take_while(|day| day.year() == year) {
            made.set_rest(day, is_weekend(day));
        }
        made
    }

    pub(super) fn set_rest(&mut self, day: NaiveDate, rests: bool) {
        let (word, bit) = place(day);
        if rests {
            self.rest[word] |= bit;
        } else {
            self.rest[word] &= !bit;
        }
    }

    pub(super) fn set_uncertain(&mut self, day: NaiveDate) {
        let (word, bit) = place(day);
        self.uncertain[word] |= bit;
    }

    pub(super) fn set_all_uncertain(&mut self) {
        self.uncertain = [u64::MAX; 6];
    }

    pub(super) fn rests(&self, day: NaiveDate) -> bool {
        let (word, bit) = place(day);
        self.rest[word] & bit != 0
    }

    pub(super) fn is_uncertain(&self, day: NaiveDate) -> bool {
        let (word, bit) = place(day);
        self.uncertain[word] & bit != 0
    }
}
