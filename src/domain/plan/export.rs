//! The plan as a table for a spreadsheet: a line a step that will run.

use csv::Writer;

use super::{Group, Op, Plan, Step};
use crate::domain::entry::Facts;

/// What the table tells of a step.
pub(super) const COLUMNS: [&str; 5] = ["action", "sign", "key", "size", "destination_size"];

impl Plan {
    /// Action, sign, key (made safe for a terminal), size and the destination's size of each selected step, as CSV.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut writer = Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS)?;
        for row in self.rows() {
            writer.write_record(row)?;
        }
        text(writer)
    }

    /// The rows of the table.
    pub(super) fn rows(&self) -> impl Iterator<Item = [String; 5]> {
        let steps = |group: &Group| -> Vec<[String; 5]> {
            let (verb, sign) = (group.verb(), group.sign.symbol());
            group
                .steps
                .iter()
                .map(|step| row(verb, sign, step))
                .collect()
        };
        self.selected().flat_map(steps)
    }
}

fn row(verb: &str, sign: char, step: &Step) -> [String; 5] {
    let size = |facts: Option<&Facts>| facts.map(|facts| facts.size.to_string());
    [
        verb.to_owned(),
        sign.to_string(),
        step.key.printable().into_owned(),
        size(step.source.as_ref()).unwrap_or_default(),
        size(step.destination.as_deref()).unwrap_or_default(),
    ]
}

/// What was written.
pub(super) fn text(writer: Writer<Vec<u8>>) -> Result<String, csv::Error> {
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

impl Group {
    /// What the group does, in a word.
    pub fn verb(&self) -> &'static str {
        match (self.op, self.overwrites) {
            (Op::Delete, _) => "delete",
            (Op::Remove, _) => "remove",
            (Op::Edit, _) => "edit",
            (_, true) => "overwrite",
            (Op::Upload, false) => "upload",
            (Op::Download, false) => "download",
            (Op::Copy, false) => "copy",
            (Op::Relay, false) => "relay",
        }
    }
}
