//! The nearest few of many candidates.

/// A candidate: half its squared distance (or that less a constant), and which row it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) half: f32,
    pub(super) index: u32,
    /// Whether its own neighbours have not been looked at yet.
    pub(super) is_fresh: bool,
}

/// A place that nothing has taken.
pub(super) const VACANT: Candidate =
    Candidate { half: f32::INFINITY, index: u32::MAX, is_fresh: false };

/// Puts a candidate in its place in a list that is sorted by distance, where it is nearer than the
/// last there. Equally near ones keep the order they came in.
#[inline]
pub(super) fn insert(list: &mut [Candidate], candidate: Candidate) {
    let Some((last, _)) = list.split_last() else { return };
    if candidate.half >= last.half {
        return;
    }
    let mut place = list.len() - 1;
    while place > 0 && list[place - 1].half > candidate.half {
        list[place] = list[place - 1];
        place -= 1;
    }
    list[place] = candidate;
}

/// As [`insert`], and says whether the candidate is new to the list.
#[inline]
pub(super) fn insert_once(list: &mut [Candidate], candidate: Candidate) -> bool {
    let is_near = list.last().is_some_and(|last| candidate.half < last.half);
    let is_new = is_near && list.iter().all(|held| held.index != candidate.index);
    if is_new {
        insert(list, candidate);
    }
    is_new
}
