//! The days of each period of a rule.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::{Frequency, RecurrenceRule};

/// One period after another, each as its days in order; it may have none. Ends where the calendar does.
pub(super) struct Periods<'a> {
    rule: &'a RecurrenceRule,
    first: Date,
    number: i64,
}

impl<'a> Periods<'a> {
    pub(super) fn new(rule: &'a RecurrenceRule, first: Date) -> Self {
        Self { rule, first, number: 0 }
    }
}

impl Iterator for Periods<'_> {
    type Item = Vec<Date>;

    fn next(&mut self) -> Option<Vec<Date>> {
        let steps = self.number * i64::from(self.rule.interval.max(1));
        self.number += 1;
        let days = match self.rule.frequency {
            Frequency::Daily => {
                let day = self.first.checked_add(steps.days()).ok()?;
                let fits = has_month(self.rule, day) && has_month_day(self.rule, day) && has_weekday(self.rule, day);
                fits.then_some(day).into_iter().collect()
            }
            Frequency::Weekly => week(self.rule, self.first, steps)?,
            Frequency::Monthly => {
                let month = self.first.first_of_month().checked_add(steps.months()).ok()?;
                if has_month(self.rule, month) {
                    of_month(self.rule, month, self.first.day())
                } else {
                    Vec::new()
                }
            }
            Frequency::Yearly => year(self.rule, self.first, steps)?,
        };
        Some(chosen(&self.rule.positions, days))
    }
}

/// Those at the positions, in order; all where there are none.
fn chosen(positions: &[i16], mut days: Vec<Date>) -> Vec<Date> {
    days.sort_unstable();
    days.dedup();
    if positions.is_empty() {
        return days;
    }
    let places: BTreeSet<usize> = positions
        .iter()
        .filter_map(|position| place(i64::from(*position), days.len()))
        .collect();
    places
        .into_iter()
        .filter_map(|place| days.get(place).copied())
        .collect()
}

/// A number from 1, or from -1 backwards, as a position from 0.
fn place(number: i64, of: usize) -> Option<usize> {
    if number > 0 {
        usize::try_from(number - 1).ok().filter(|place| *place < of)
    } else {
        of.checked_sub(usize::try_from(number.unsigned_abs()).ok()?)
    }
}

fn has_month(rule: &RecurrenceRule, day: Date) -> bool {
    rule.months.is_empty() || rule.months.contains(&day.month())
}

fn has_month_day(rule: &RecurrenceRule, day: Date) -> bool {
    let backwards = day.day() - day.days_in_month() - 1;
    rule.month_days.is_empty() || rule.month_days.contains(&day.day()) || rule.month_days.contains(&backwards)
}

fn has_weekday(rule: &RecurrenceRule, day: Date) -> bool {
    rule.weekdays.is_empty() || rule.weekdays.iter().any(|(_, weekday)| *weekday == day.weekday())
}

fn week(rule: &RecurrenceRule, first: Date, steps: i64) -> Option<Vec<Date>> {
    let back = i64::from(first.weekday().since(rule.week_start));
    let monday = first.checked_sub(back.days()).ok()?;
    let begins = monday.checked_add((7 * steps).days()).ok()?;
    let days = (0..7_i64).filter_map(|offset| begins.checked_add(offset.days()).ok());
    let wanted = |day: &Date| {
        if rule.weekdays.is_empty() {
            day.weekday() == first.weekday()
        } else {
            has_weekday(rule, *day)
        }
    };
    Some(days.filter(|day| wanted(day) && has_month(rule, *day)).collect())
}

/// The days of one month; without any word about days the one with the number of the first day.
fn of_month(rule: &RecurrenceRule, month: Date, day: i8) -> Vec<Date> {
    let all = days_from(month.first_of_month(), month.last_of_month());
    if rule.weekdays.is_empty() && rule.month_days.is_empty() {
        return all.into_iter().filter(|one| one.day() == day).collect();
    }
    let of_weekdays = of_weekdays(&rule.weekdays, &all);
    all.into_iter()
        .filter(|one| has_month_day(rule, *one) && (rule.weekdays.is_empty() || of_weekdays.contains(one)))
        .collect()
}

fn year(rule: &RecurrenceRule, first: Date, steps: i64) -> Option<Vec<Date>> {
    let year = i16::try_from(i64::from(first.year()) + steps).ok()?;
    let begins = Date::new(year, 1, 1).ok()?;
    let month = |number: i8| Date::new(year, number, 1).ok();
    if !rule.months.is_empty() {
        let months = rule.months.iter().filter_map(|number| month(*number));
        return Some(months.flat_map(|month| of_month(rule, month, first.day())).collect());
    }
    if !rule.month_days.is_empty() {
        let months = (1..=12).filter_map(month);
        return Some(months.flat_map(|month| of_month(rule, month, first.day())).collect());
    }
    if !rule.weekdays.is_empty() {
        let all = days_from(begins, begins.last_of_year());
        return Some(of_weekdays(&rule.weekdays, &all).into_iter().collect());
    }
    Some(Date::new(year, first.month(), first.day()).ok().into_iter().collect())
}

fn days_from(first: Date, last: Date) -> Vec<Date> {
    first.series(1.day()).take_while(|day| *day <= last).collect()
}

/// The days of these weekdays; one with a number is that one of its weekday among the days.
fn of_weekdays(weekdays: &[(Option<i16>, Weekday)], days: &[Date]) -> BTreeSet<Date> {
    let mut found = BTreeSet::new();
    for (number, weekday) in weekdays {
        let same: Vec<Date> = days.iter().copied().filter(|day| day.weekday() == *weekday).collect();
        match number {
            None => found.extend(same),
            Some(number) => {
                found.extend(place(i64::from(*number), same.len()).and_then(|place| same.get(place).copied()))
            }
        }
    }
    found
}
