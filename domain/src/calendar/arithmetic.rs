//! Counting on a calendar: next and previous working days, sums, spans and the ends of periods.

use chrono::{Days, NaiveDate};

use super::{Calendar, Due, MAX_LENGTH, MAX_SPAN, Period, Term, Unit};
use crate::time;

impl Calendar {
    /// The first working day after this one.
    pub fn next_working_day(&self, day: NaiveDate) -> NaiveDate {
        day.succ_opt().map_or(day, |next| self.roll(next).0)
    }

    /// The day itself if it works, or else the first working day after it.
    pub fn roll_forward(&self, day: NaiveDate) -> NaiveDate {
        self.roll(day).0
    }

    /// The last working day before this one.
    pub fn previous_working_day(&self, day: NaiveDate) -> NaiveDate {
        day.pred_opt().map_or(day, |previous| self.roll_back(previous))
    }

    /// The day itself if it works, or else the last working day before it.
    pub fn roll_back(&self, day: NaiveDate) -> NaiveDate {
        let mut day = day;
        while !self.is_working_day(day) {
            match day.pred_opt() {
                Some(previous) => day = previous,
                None => break,
            }
        }
        day
    }

    /// The `n`-th working day after `from`; with 0 the first working day from `from` on.
    pub fn add_working_days(&self, from: NaiveDate, n: u32) -> NaiveDate {
        self.count(from, n, false).0
    }

    /// The `n`-th working day before `from`; with 0 the last working day up to `from`.
    pub fn subtract_working_days(&self, from: NaiveDate, n: u32) -> NaiveDate {
        let back = |day, _| self.previous_working_day(day);
        if n == 0 { self.roll_back(from) } else { (0..n.min(MAX_LENGTH)).fold(from, back) }
    }

    /// Working days after `after`, up to and with `until`; 0 when `until` is not later. Counts at most the first
    /// [`MAX_SPAN`] calendar days.
    pub fn working_days_between(&self, after: NaiveDate, until: NaiveDate) -> u32 {
        let days = after.iter_days().skip(1).take(MAX_SPAN as usize).take_while(|day| *day <= until);
        days.map(|day| u32::from(self.is_working_day(day))).sum()
    }

    /// Where a period that starts with an event on `from` ends.
    ///
    /// The latest end of its terms counts. A term of working days ends on the last of them; a term of calendar days
    /// ends on any day, or rolls to the next working day when it says so (民法典 articles 201–203). A length of zero
    /// ends on the day of the event, rolled in the same manner. A period without terms ends on the day of the event.
    ///
    /// The end is provisional when a day that was looked at in finding it may still change; a calendar-day term looks
    /// only at its end, because no notice can move the days before.
    pub fn due(&self, from: NaiveDate, period: &Period) -> Due {
        let (mut last_day, mut provisional) = (from, false);
        for term in &period.terms {
            let (end, doubt) = self.end_of(from, term);
            last_day = last_day.max(end);
            provisional |= doubt;
        }
        Due {
            last_day,
            at: period.ends_at.map_or_else(|| time::end_of_day(last_day), |at| time::instant(last_day, at)),
            provisional,
            calendar_version: self.version.clone(),
        }
    }

    fn end_of(&self, from: NaiveDate, term: &Term) -> (NaiveDate, bool) {
        match term.unit {
            Unit::WorkingDay => self.count(from, term.length, term.counts_first_day),
            Unit::CalendarDay => {
                let length = term.length.min(MAX_LENGTH);
                let days = length.saturating_sub(u32::from(term.counts_first_day));
                let end = from.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX);
                if term.rolls { self.roll(end) } else { (end, self.is_provisional(end)) }
            }
        }
    }

    /// The first working day from `day` on, and whether a day looked at is provisional.
    fn roll(&self, day: NaiveDate) -> (NaiveDate, bool) {
        let (mut day, mut doubt) = (day, self.is_provisional(day));
        while !self.is_working_day(day) {
            let Some(next) = day.succ_opt() else { break };
            day = next;
            doubt |= self.is_provisional(day);
        }
        (day, doubt)
    }

    fn count(&self, from: NaiveDate, n: u32, counts_first_day: bool) -> (NaiveDate, bool) {
        if n == 0 {
            return self.roll(from);
        }
        let (mut day, mut doubt, mut left) = (from, false, n.min(MAX_LENGTH));
        if counts_first_day {
            doubt = self.is_provisional(day);
            left -= u32::from(self.is_working_day(day));
        }
        while left > 0 {
            let Some(next) = day.succ_opt() else { break };
            day = next;
            doubt |= self.is_provisional(day);
            left -= u32::from(self.is_working_day(day));
        }
        (day, doubt)
    }
}
