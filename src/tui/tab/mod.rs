//! The tabs. Each has the same files: `mod` (its state), `update` (what actions and facts do to it), `view`.

pub mod browse;
pub mod instances;
pub mod log;
pub mod tasks;
pub mod training;
pub mod wrap_up;

/// Which tab is in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// Places side by side.
    #[default]
    Browse,
    /// What runs and ran.
    Tasks,
    /// What runs in EC2, and what it costs.
    Instances,
    /// Runs and how they learn.
    Training,
    /// Runs and their end.
    WrapUp,
    /// What happened.
    Log,
}

impl Tab {
    /// All that are shown, in their order.
    pub const ALL: [Self; 6] = [
        Self::Browse,
        Self::Tasks,
        Self::Instances,
        Self::Training,
        Self::WrapUp,
        Self::Log,
    ];

    /// Its name in the header.
    pub fn title(self) -> &'static str {
        match self {
            Self::Browse => "Browse",
            Self::Tasks => "Tasks",
            Self::Instances => "Instances",
            Self::Training => "Training",
            Self::WrapUp => "Wrap-up",
            Self::Log => "Log",
        }
    }

    /// Its name where there is little room and another tab is in front.
    pub fn short(self) -> &'static str {
        match self {
            Self::Instances => "Inst",
            Self::Training => "Train",
            Self::WrapUp => "Wrap",
            Self::Browse | Self::Tasks | Self::Log => self.title(),
        }
    }

    /// The tab so many places further, around the end.
    #[must_use]
    pub fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL[(at + by) % Self::ALL.len()]
    }
}
