//! Small plots beside and below each other.

use crate::sheet::Area;

/// How panels want to be laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    /// How many there are.
    pub(crate) count: usize,
    /// Panels in a row, where the paper is wide enough for them.
    pub(crate) columns: Option<usize>,
    /// Width of a panel, at least, where the paper leaves the height open.
    pub(crate) least_width: f64,
    /// Height over width of a panel's plot.
    pub(crate) shape: f64,
    /// Between columns and between rows.
    pub(crate) gap: (f64, f64),
}

/// Where the panels are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    corner: (f64, f64),
    gap: (f64, f64),
    /// Width and height of a panel.
    pub(crate) cell: (f64, f64),
    count: usize,
}

/// Share of [`Wish::least_width`] that panels have at least where the paper's height is fixed.
const LEAST_SHARE: f64 = 0.4;

impl Grid {
    /// `extra` is the height that a panel of a width takes beside its plot.
    pub(crate) fn new(wish: Wish, extra: impl Fn(f64) -> f64, area: Area) -> Self {
        let count = wish.count.max(1);
        let width = |columns: usize| {
            let between = wish.gap.0 * (columns as f64 - 1.0);
            ((area.width - between) / columns as f64).max(1.0)
        };
        let fit = |least: f64| {
            let columns = (area.width + wish.gap.0) / (least + wish.gap.0);
            (columns.floor().max(1.0) as usize).min(count)
        };
        let Some(height) = area.height else {
            let most = fit(wish.least_width);
            let columns = match wish.columns {
                // a row becomes several of equal length where it is too long for the paper
                Some(wished) if wished > 0 => divisor(wished, most),
                _ => None,
            };
            let columns = columns.unwrap_or_else(|| count.div_ceil(count.div_ceil(most)));
            let cell = (width(columns), width(columns) * wish.shape + extra(width(columns)));
            return Self::of(wish, area, columns, cell);
        };
        let cell = |columns: usize| {
            let rows = count.div_ceil(columns) as f64;
            let height = (height - wish.gap.1 * (rows - 1.0)) / rows;
            (width(columns), height)
        };
        let size = |columns: usize| {
            let (width, height) = cell(columns);
            width.min((height - extra(width)) / wish.shape)
        };
        // the largest plots; of two as large, the fewer columns
        let most = fit(wish.least_width * LEAST_SHARE);
        let best = (1..=most).rev().max_by(|a, b| size(*a).total_cmp(&size(*b))).unwrap_or(1);
        let wished = wish.columns.filter(|columns| (1..=count).contains(columns));
        let columns = wished.filter(|columns| size(*columns) * 2.0 > size(best)).unwrap_or(best);
        Self::of(wish, area, columns, cell(columns))
    }

    fn of(wish: Wish, area: Area, columns: usize, cell: (f64, f64)) -> Self {
        let count = wish.count;
        let rows = count.div_ceil(columns);
        Self { columns, rows, corner: (area.x, area.y), gap: wish.gap, cell, count }
    }

    /// Upper left corner of a panel.
    pub(crate) fn corner(&self, panel: usize) -> (f64, f64) {
        let (column, row) = ((panel % self.columns) as f64, (panel / self.columns) as f64);
        let (x, y) = self.corner;
        (x + column * (self.cell.0 + self.gap.0), y + row * (self.cell.1 + self.gap.1))
    }

    /// Width and height of all together.
    pub(crate) fn size(&self) -> (f64, f64) {
        let along = |count: usize, side: f64, gap: f64| (side + gap) * count as f64 - gap;
        (along(self.columns, self.cell.0, self.gap.0), along(self.rows, self.cell.1, self.gap.1))
    }

    /// Whether nothing stands at the left of a panel.
    pub(crate) fn first_in_row(&self, panel: usize) -> bool {
        panel.is_multiple_of(self.columns)
    }

    /// Whether nothing stands below a panel.
    pub(crate) fn last_in_column(&self, panel: usize) -> bool {
        panel + self.columns >= self.count
    }
}

/// The largest divisor of `number` that is at most `most`; none where that is less than half of it.
fn divisor(number: usize, most: usize) -> Option<usize> {
    let found = (1..=most).rev().find(|divisor| number.is_multiple_of(*divisor));
    found.filter(|divisor| number <= most || divisor * 2 >= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(count: usize, columns: Option<usize>, height: Option<f64>) -> Grid {
        let wish = Wish { count, columns, least_width: 80.0, shape: 0.8, gap: (10.0, 6.0) };
        Grid::new(wish, |_| 20.0, Area { x: 5.0, y: 7.0, width: 400.0, height })
    }

    #[test]
    fn panels_fill_the_width_and_do_not_meet() {
        for (count, columns, height) in
            [(1, None, None), (7, None, None), (12, Some(3), None), (9, None, Some(200.0))]
        {
            let grid = grid(count, columns, height);
            assert!((grid.size().0 - 400.0).abs() < 1e-9);
            assert!(height.is_none_or(|height| (grid.size().1 - height).abs() < 1e-9));
            assert!(grid.rows * grid.columns >= count && (grid.rows - 1) * grid.columns < count);
            for panel in 0..count {
                let (x, y) = grid.corner(panel);
                assert!(x >= 5.0 && x + grid.cell.0 <= 405.0 + 1e-9);
                assert!(y >= 7.0 && y + grid.cell.1 <= 7.0 + grid.size().1 + 1e-9);
                let below = (panel + 1..count).any(|other| grid.corner(other).0 == x);
                assert_eq!(grid.last_in_column(panel), !below);
                assert_eq!(grid.first_in_row(panel), x == 5.0);
            }
        }
    }

    #[test]
    fn columns_are_as_wished_where_they_fit_else_even() {
        assert_eq!(grid(12, Some(3), None).columns, 3);
        assert_eq!(grid(12, Some(6), None).columns, 3, "two rows for one: four do not fit evenly");
        assert_eq!(grid(14, Some(7), None).columns, 4, "no part of seven");
        assert_eq!(grid(5, None, None).columns, 3, "three and two, not four and one");
        assert_eq!(grid(2, None, None).columns, 2);
        // wide and low: all in one row
        assert_eq!(grid(4, None, Some(90.0)).columns, 4);
        assert_eq!(grid(12, Some(6), Some(300.0)).columns, 6);
    }
}
