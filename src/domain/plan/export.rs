//! The plan as a table for a spreadsheet: a line a step that will run.

use csv::Writer;

use super::{Group, Op, Plan};
use crate::domain::entry::Facts;

impl Plan {
    /// Action, sign, key (made safe for a terminal), size and the destination's size of each selected step, as CSV.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut writer = Writer::from_writer(Vec::new());
        writer.write_record(["action", "sign", "key", "size", "destination_size"])?;
        let size = |facts: &Option<Facts>| facts.as_ref().map(|facts| facts.size.to_string());
        for group in self.selected() {
            let sign = group.sign.symbol().to_string();
            for step in &group.steps {
                writer.write_record([
                    group.verb(),
                    &sign,
                    &step.key.printable(),
                    &size(&step.source).unwrap_or_default(),
                    &size(&step.destination).unwrap_or_default(),
                ])?;
            }
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }
}

impl Group {
    /// What the group does, in a word.
    pub fn verb(&self) -> &'static str {
        match (self.op, self.overwrites) {
            (Op::Delete, _) => "delete",
            (_, true) => "overwrite",
            (Op::Upload, false) => "upload",
            (Op::Download, false) => "download",
            (Op::Copy, false) => "copy",
            (Op::Relay, false) => "relay",
        }
    }
}
