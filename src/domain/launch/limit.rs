//! How long a run may take: the less of its hours and of what its money buys, with room to push before the end.

use std::time::Duration;

use crate::domain::cloud::Price;

/// What is kept of the time for the push, at most.
const ROOM: Duration = Duration::from_hours(1);

/// The limits that hold on the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// From its start on, until the instance shuts down, whatever it does; no limit when zero.
    pub whole: Duration,
    /// How long training may take; no limit when zero.
    pub train: Duration,
}

/// The limits by hours and by dollars at the price of an hour of all that it makes. Where the price is not known, money is no
/// limit, and `None` says so.
pub fn limits(hours: Option<f64>, dollars: Option<f64>, price: Option<Price>) -> Option<Limits> {
    let bought = match (dollars, price.filter(|price| price.amount > 0.0)) {
        (None, _) => None,
        (Some(dollars), Some(price)) => Some(dollars / price.amount),
        (Some(_), None) => return None,
    };
    let least = [hours, bought].into_iter().flatten().reduce(f64::min);
    let Some(least) = least else {
        return Some(Limits::default());
    };
    let minutes = (least * 60.0).floor().clamp(1.0, 525_600.0);
    let whole = Duration::from_secs_f64(minutes * 60.0);
    let train = whole.saturating_sub(ROOM.min(whole / 10));
    Some(Limits { whole, train })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Price, limits};

    #[test]
    fn the_less_of_both_holds_and_leaves_room_for_the_push() {
        let price = Some(Price::exact(2.0));
        let by = |hours, dollars| limits(hours, dollars, price).unwrap();
        assert_eq!(by(Some(12.0), Some(20.0)).whole, Duration::from_hours(10));
        assert_eq!(by(Some(12.0), Some(20.0)).train, Duration::from_hours(9));
        assert_eq!(by(Some(100.0), None).train, Duration::from_hours(99));
        assert_eq!(by(None, None).whole, Duration::ZERO);
        assert_eq!(by(Some(0.001), None).whole, Duration::from_mins(1));
        assert_eq!(limits(Some(1.0), Some(5.0), None), None);
    }
}
