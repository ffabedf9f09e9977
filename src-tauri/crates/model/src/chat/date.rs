//! The date that a template sees.

use std::fmt;

use minijinja::{Error, ErrorKind};

/// The day that a template which asks for the time is told; it is midnight.
///
/// A conversation must be written out in the same way tomorrow, so the clock is never read. The
/// default is 26 July 2024, the day that Llama 3's templates name where there is no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChatDate {
    year: u16,
    month: u8,
    day: u8,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From the first of March 1 BC, which was a Wednesday.
const DAYS: [&str; 7] =
    ["Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday"];

impl Default for ChatDate {
    fn default() -> Self {
        Self { year: 2024, month: 7, day: 26 }
    }
}

impl fmt::Display for ChatDate {
    /// As in 2024-07-26.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl ChatDate {
    /// A day of the Gregorian calendar; None where there is no such day. Years are 1 to 9999.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let there = (1..=9999).contains(&year) && (1..=days).contains(&day);
        there.then_some(Self { year, month, day })
    }

    /// Python's `strftime`.
    pub(super) fn format(self, format: &str) -> Result<String, Error> {
        let mut out = String::with_capacity(format.len());
        let mut characters = format.chars();
        while let Some(c) = characters.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match characters.next() {
                // glibc: without the zero in front
                Some('-') => {
                    let field = self.field(characters.next())?;
                    let bare = field.trim_start_matches('0');
                    out.push_str(if bare.is_empty() { "0" } else { bare });
                }
                field => out.push_str(&self.field(field)?),
            }
        }
        Ok(out)
    }

    fn field(self, field: Option<char>) -> Result<String, Error> {
        let Self { year, month, day } = self;
        let month_name = MONTHS.get(usize::from(month) - 1).copied().unwrap_or_default();
        let day_name = DAYS.get(self.days_since_march() % 7).copied().unwrap_or_default();
        let short = |name: &str| name.chars().take(3).collect::<String>();
        Ok(match field {
            Some('Y') => year.to_string(),
            Some('y') => format!("{:02}", year % 100),
            Some('m') => format!("{month:02}"),
            Some('d') => format!("{day:02}"),
            Some('e') => format!("{day:2}"),
            Some('B') => month_name.to_owned(),
            Some('b' | 'h') => short(month_name),
            Some('A') => day_name.to_owned(),
            Some('a') => short(day_name),
            Some('j') => {
                let first = Self { year, month: 1, day: 1 };
                format!("{:03}", self.days_since_march() - first.days_since_march() + 1)
            }
            Some('H' | 'M' | 'S') => "00".to_owned(),
            Some('I') => "12".to_owned(),
            Some('p') => "AM".to_owned(),
            Some('F') => self.to_string(),
            Some('T') => "00:00:00".to_owned(),
            Some('%') => "%".to_owned(),
            other => {
                let field = other.map(String::from).unwrap_or_default();
                let message = format!("strftime_now does not know %{field}");
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
        })
    }

    /// Days since the first of March 1 BC (the year 0): the leap day comes last in such years.
    fn days_since_march(self) -> usize {
        let (month, day) = (usize::from(self.month), usize::from(self.day));
        let year = usize::from(self.year) - usize::from(month < 3);
        let month = (month + 9) % 12;
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1
    }
}

#[cfg(test)]
mod tests {
    use super::ChatDate;

    #[test]
    fn only_days_that_exist() {
        for (year, month, day) in [(2024, 2, 29), (2000, 2, 29), (1999, 12, 31), (1, 1, 1)] {
            assert!(ChatDate::new(year, month, day).is_some());
        }
        let none =
            [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 1, 0), (0, 1, 1)];
        for (year, month, day) in none {
            assert_eq!(ChatDate::new(year, month, day), None);
        }
    }

    // values of Python's datetime
    #[test]
    fn dates_are_written_as_python_does() {
        let written =
            |y, m, d| ChatDate::new(y, m, d).unwrap().format("%a %-d %e %j %F %h %T").unwrap();
        assert_eq!(written(2024, 12, 31), "Tue 31 31 366 2024-12-31 Dec 00:00:00");
        assert_eq!(written(2024, 3, 1), "Fri 1  1 061 2024-03-01 Mar 00:00:00");
        assert_eq!(written(2000, 2, 29), "Tue 29 29 060 2000-02-29 Feb 00:00:00");
        assert_eq!(written(1970, 1, 1), "Thu 1  1 001 1970-01-01 Jan 00:00:00");
        assert!(ChatDate::default().format("%Q").is_err());
        assert!(ChatDate::default().format("%").is_err());
    }
}
