//! `Action`: what the person means. Made from keys by the key map, or by name in the palette.
//! Each place has a vocabulary of its own, so that it need not know the others' words.

/// Writes the groups, their union, and both directions of the names from one table.
macro_rules! actions {
    ($($(#[$about:meta])* $group:ident { $($name:ident $text:literal $doc:literal;)* })*) => {
        $(
            $(#[$about])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum $group {
                $(#[doc = $doc] $name,)*
            }

            impl From<$group> for Action {
                fn from(action: $group) -> Self {
                    Self::$group(action)
                }
            }
        )*

        /// What the person means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$about])* $group($group),)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$($(Self::$group($group::$name),)*)*];

            /// The name in the key map.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$group($group::$name) => $text,)*)*
                }
            }

            /// The action of that name.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($($text => Some(Self::$group($group::$name)),)*)*
                    _ => None,
                }
            }
        }
    };
}

actions! {
    /// Everywhere.
    Global {
        Palette "palette" "Find an action by its name.";
        Help "help" "Show the keys.";
        Quit "quit" "Leave; asks while tasks run.";
        Back "back" "Back out of what is in front.";
        TabFirst "tab-1" "First tab.";
        TabSecond "tab-2" "Second tab.";
        TabThird "tab-3" "Third tab.";
        TabFourth "tab-4" "Fourth tab.";
        TabFifth "tab-5" "Fifth tab.";
        TabSixth "tab-6" "Sixth tab.";
        NextTab "next-tab" "Next tab.";
        PreviousTab "previous-tab" "Previous tab.";
        Redraw "redraw" "Draw everything afresh.";
        Suspend "suspend" "Back to the shell.";
        WrapUp "wrap-up" "Finish the run of what is under the cursor.";
    }
    /// Wherever rows are.
    Move {
        Up "up" "One row up.";
        Down "down" "One row down.";
        PageUp "page-up" "A page up.";
        PageDown "page-down" "A page down.";
        Top "top" "First row.";
        Bottom "bottom" "Last row.";
    }
    /// In Browse.
    Browsing {
        Compare "compare" "Compare the sides, or put them apart.";
        Sync "sync" "Plan a sync from this side to the other.";
        CopyAcross "copy-across" "Plan a copy of what is marked to the other side.";
        MoveAcross "move-across" "Plan a move of what is marked to the other side.";
        Delete "delete" "Plan the deletion of what is marked.";
        Rename "rename" "Give what is under the cursor another name.";
        NewFolder "new-folder" "Make a folder.";
        Edit "edit" "Change what objects bear.";
        Bucket "bucket" "The bucket as a whole.";
        Versions "versions" "The versions of what is under the cursor.";
        Find "find" "Search at any depth.";
        Migrate "migrate" "Plan a migration of the marked folders to the other side, each as a route.";
        Verify "verify" "Prove by checksum what both sides have.";
        Filter "filter" "Show only names that contain a text.";
        KindNext "kind-next" "Show only the next kind of difference.";
        KindPrevious "kind-previous" "Show only the previous kind of difference.";
        DifferenceNext "difference-next" "To the next difference.";
        DifferencePrevious "difference-previous" "To the previous difference.";
        Gaps "gaps" "What is missing, and why.";
        Bookmarks "bookmarks" "Places that are kept under names.";
        Layout "layout" "What the folder under the cursor is made of.";
        Preview "preview" "What the entry under the cursor is and holds.";
        Mark "mark" "Mark a row.";
        Places "places" "Choose a remote, bucket or mapping.";
        OpenLocation "open-location" "Type a location.";
        CopyMenu "copy-menu" "Copy a name to the clipboard.";
        OtherSide "other-side" "Focus the other side.";
        Open "open" "Open a folder.";
        Close "close" "Close a folder.";
        Parent "parent" "To the place that holds this one.";
        InvertMarks "invert-marks" "Invert the marks.";
        Undo "undo" "Take back the last filter or mark.";
        Back "go-back" "To the place where this side was before.";
        Forward "go-forward" "To the place that this side came back from.";
        Link "link" "Let the other side follow this one.";
        Refresh "refresh" "List afresh.";
        Sort "sort" "Order rows by the next column.";
        CopyGaps "copy-gaps" "Plan a copy of exactly what is missing.";
        ExportGaps "export-gaps" "Write the list of what is missing to a file.";
    }
    /// In Tasks.
    Tasking {
        Pause "pause" "Hold a task.";
        Resume "resume" "Let a task go on, or try again what failed.";
        Cancel "cancel" "Stop a task.";
        Workers "workers" "Set the number of parallel requests.";
        Bandwidth "bandwidth" "Set the bandwidth.";
        Requests "requests" "Set the requests a second.";
        Raise "raise" "Let a task go before others of the queue.";
        Lower "lower" "Let others of the queue go before a task.";
        Errors "errors" "What failed in a task.";
        Report "report" "What a task did.";
        CleanUp "clean-up" "Delete the sources that a task proved.";
        Follow "follow" "Show a task's places in Browse.";
    }
    /// In Instances.
    Instancing {
        Start "start-instance" "Start an instance.";
        Stop "stop-instance" "Stop an instance.";
        Reboot "reboot-instance" "Boot an instance anew.";
        Terminate "terminate-instance" "End an instance for good.";
        Console "console" "What an instance wrote to its console.";
        Details "instance-details" "What hangs on an instance.";
        Shell "open-shell" "A shell on an instance, the screen put aside.";
        Launch "launch-run" "Look at the launch of a run, and launch it.";
        Exec "run-command" "Run a line on an instance.";
        Gpus "gpu-processes" "Who uses the GPUs of an instance.";
        SpanNext "span-next" "Look further back, or less far.";
        ChartsNext "charts-next" "Show the charts that had no room.";
        OrderNext "order-next" "Order instances by the next thing.";
        FilterInstances "filter-instances" "Show only instances that hold a text.";
        Regions "regions" "All regions, or the remote's own.";
        LookAgain "look-at-instances" "Ask EC2 at once.";
    }
    /// In Training.
    Watching {
        ChartNext "chart-next" "Choose the next chart.";
        ChartPrevious "chart-previous" "Choose the previous chart.";
        Enlarge "enlarge" "One chart in the room of all.";
        LogScale "log-scale" "Logarithmic or linear scales.";
        OverTime "over-time" "Charts over time, or over steps.";
        Smooth "smooth" "Smooth the lines, or not.";
        ZoomIn "zoom-in" "Half of the steps.";
        ZoomOut "zoom-out" "Twice the steps.";
        StepNext "step-next" "Values of a later step.";
        StepPrevious "step-previous" "Values of an earlier step.";
        MarkRun "mark-run" "Draw a run beside the others.";
        LogTail "log-tail" "The last lines of the log, or the charts.";
        SearchTail "search-tail" "Show only lines of the log that contain a text.";
        PushCheckpoint "push-checkpoint" "Plan the push of the newest checkpoint of this machine's disk.";
        Evidence "evidence" "What stands behind lamps, checkpoints and sources.";
        ReadAll "read-all" "Read all of large logs.";
        LookAgain "look-again" "Read all sources afresh.";
    }
    /// In Wrap-up.
    Wrapping {
        RunNext "run-next" "The next run.";
        RunPrevious "run-previous" "The run before.";
        Tick "tick-resource" "Tick what is to go, or take the tick away.";
        Maker "next-maker" "Show only what the next one made, or all again.";
        Open "open-branch" "Open or close a branch.";
        Close "close-branch" "Close a branch, or go to the one above.";
        Delete "delete-ticked" "Delete what is ticked, behind the gate.";
        Push "push-outputs" "Plan the push of outputs that are not proven.";
        Ended "training-over" "Say that the training is over.";
        MadeHere "made-here" "Compare the outputs with this machine's folders, or not.";
        Report "wrap-up-report" "Write the report as Markdown.";
        ReportJson "wrap-up-json" "Write the report as JSON.";
        Stop "stop-wrap-up" "Stop looking or deleting.";
        Regions "wrap-up-regions" "All regions, or the remote's own.";
        LookAgain "wrap-up-again" "Look at what costs and compare the outputs anew.";
    }
    /// In Log.
    Logging {
        LevelNext "level-next" "Show from the next level on.";
        TaskNext "task-next" "Show one task after the other.";
        KeyOnly "key-only" "Show only lines of one key.";
        Search "search" "Show only lines that contain a text.";
        CopyRequestId "copy-request-id" "Copy the request id of a line.";
        Jump "jump" "To the key's row in Browse.";
        ClearFilters "clear-filters" "Show everything.";
    }
    /// In dialogs.
    Answer {
        Accept "accept" "Take it; yes.";
        Tick "tick" "Take a group in or out.";
        ExportPlan "export-plan" "Write the plan to a file.";
        StartAt "start-at" "Run the plan at a later time.";
        Batch "batch" "Hand copies to S3 Batch Operations, or take them back.";
        Fold "fold" "Close a branch.";
        Remove "remove" "Take what is under the cursor away.";
        Complete "complete" "Complete what is typed.";
    }
}

impl Move {
    /// Where this move leads from `at`, where a page has so many rows; beyond the end for the last row.
    pub fn leads(self, at: usize, page: usize) -> usize {
        match self {
            Self::Up => at.saturating_sub(1),
            Self::Down => at + 1,
            Self::PageUp => at.saturating_sub(page),
            Self::PageDown => at + page,
            Self::Top => 0,
            Self::Bottom => usize::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Action;

    #[test]
    fn names_lead_back_to_their_actions() {
        for action in Action::ALL {
            assert_eq!(Action::parse(action.name()), Some(*action));
        }
    }
}
