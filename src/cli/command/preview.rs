//! `wharf preview`: what one entry is and bears, and the beginning of its content; never more of it than that.

use std::{collections::BTreeMap, iter::once};

use serde::Serialize;

use crate::cli::{
    exit::Exit,
    output::record::{FactsRecord, KeyText},
};
use crate::domain::{
    entry::Facts,
    location::Location,
    preview::{Glance, Picture},
    text::printable,
};
use crate::engine::{Body, Command, preview::Preview};
use crate::humanize;

use super::{Context, VIEW};

/// Columns of a fact's name.
const NAME: usize = 18;

/// `preview`.
#[derive(Serialize)]
struct Record<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    #[serde(flatten)]
    facts: FactsRecord<'a>,
    properties: BTreeMap<&'a str, &'a str>,
    /// What the content is, in a few words; null where it cannot be shown.
    what: Option<&'a str>,
    /// Form and size of a picture; null for all else.
    picture: Option<PictureRecord>,
    /// Why it cannot.
    reason: Option<&'a str>,
    lines: Vec<&'a str>,
    /// Whether more stands behind the lines.
    more: bool,
}

/// The picture that a content is.
#[derive(Serialize)]
struct PictureRecord {
    format: &'static str,
    /// Pixels; null where they stand behind what was read.
    width: Option<u32>,
    height: Option<u32>,
}

impl From<Picture> for PictureRecord {
    fn from(picture: Picture) -> Self {
        let (width, height) = picture.size.unzip();
        Self {
            format: picture.form.word(),
            width,
            height,
        }
    }
}

/// Runs the command.
pub(super) async fn preview(context: &mut Context, location: &Location, most: usize) -> Exit {
    let (Some(folder), Some(key)) = (location.parent(), location.base_name()) else {
        context.output.error(
            format_args!("{location} is no single object"),
            Some("name one, as s3://bucket/key; wharf ls tells what is there"),
        );
        return Exit::Usage;
    };
    context.ask(Command::Preview {
        view: VIEW,
        location: folder,
        key: key.clone(),
    });
    let told = |body| {
        if let Body::Preview(preview) = body {
            Some(preview)
        } else {
            None
        }
    };
    let preview = match context.awaited(told).await {
        Ok(preview) => preview,
        Err(exit) => return exit,
    };
    context
        .output
        .record(&record((&key).into(), &preview, most));
    tell(context, &preview, most);
    if preview.content.is_ok() {
        Exit::Ok
    } else {
        Exit::Failed
    }
}

fn record(key: KeyText, preview: &Preview, most: usize) -> Record<'_> {
    let glance = preview.content.as_ref().ok();
    let lines = glance
        .map(|glance| glance.lines.as_slice())
        .unwrap_or_default();
    Record {
        r#type: "preview",
        key,
        facts: FactsRecord::from(&preview.facts),
        properties: preview
            .properties
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect(),
        what: glance.map(|glance| glance.what.as_str()),
        picture: glance.and_then(|glance| glance.picture).map(Into::into),
        reason: preview.content.as_ref().err().map(|why| &**why),
        lines: lines
            .iter()
            .take(most)
            .map(|line| line.text.as_str())
            .collect(),
        more: glance.is_some_and(|glance| glance.more || lines.len() > most),
    }
}

fn tell(context: &mut Context, preview: &Preview, most: usize) {
    let Facts { size, modified, .. } = &preview.facts;
    let size = format!("{} ({} B)", humanize::bytes(*size), humanize::count(*size));
    let modified = modified.map(|at| ("modified", at.to_string()));
    let told = preview.properties.iter();
    let told = told.map(|(name, value)| (name.as_str(), value.clone()));
    for (name, value) in once(("size", size)).chain(modified).chain(told) {
        let [name, value] = [name.as_bytes(), value.as_bytes()].map(printable);
        context.output.remark(format_args!("{name:<NAME$} {value}"));
    }
    match &preview.content {
        Ok(glance) => tell_content(context, glance, most),
        Err(why) => context.output.error(why, None),
    }
}

fn tell_content(context: &mut Context, glance: &Glance, most: usize) {
    context
        .output
        .remark(format_args!("{:<NAME$} {}", "content", glance.what));
    for line in glance.lines.iter().take(most) {
        context.output.line(&line.text);
    }
    if glance.more || glance.lines.len() > most {
        context.output.remark("… and more");
    }
}
