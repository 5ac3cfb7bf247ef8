//! Plans of what is done at one place to what stands there: each entry is looked at first, and edited only while it is that.

mod bears;
mod bring;

use jiff::Timestamp;

use crate::backend::store::{ListQuery, Pages as _, Store};
use crate::domain::{
    diff::Sign,
    entry::{Facts, Kind},
    key::Key,
    plan::{Edit, Group, Op, Plan, Step, SyncOptions, Tally},
    retry::FailureKind,
};

use super::{
    command::EditAsk,
    ends::Ends,
    event::{Failed, FailedClass},
    guard,
    room::Room,
};

/// An edit with the steps that make it.
struct Made {
    edit: Edit,
    op: Op,
    why: String,
    steps: Vec<Step>,
    notices: Vec<String>,
    /// What takes part and is left, as archived.
    archived: Tally,
}

impl Made {
    fn of(edit: Edit, why: String, steps: Vec<Step>) -> Self {
        Self {
            edit,
            op: Op::Edit,
            why,
            steps,
            notices: Vec::new(),
            archived: Tally::default(),
        }
    }
}

/// Plans it.
pub(super) async fn plan(room: &Room, asked: &EditAsk) -> Result<Plan, Failed> {
    let EditAsk {
        place, edit, only, ..
    } = asked;
    guard::destination(room, place).await?;
    let options = SyncOptions {
        recount: false,
        remove_source: false,
        backup_dir: None,
        gzip: false,
        ..asked.options.as_ref().clone()
    };
    let ends = Ends::of_sync(&room.sessions, (place, place), only, &options).await?;
    let store = &ends.right.store;
    let made = match edit {
        Edit::Rename { to } => rename(store, one(only, edit)?, to).await?,
        Edit::NewFolder => new_folder(store, one(only, edit)?).await?,
        Edit::Undelete => bears::undelete(&ends).await?,
        Edit::BringBack { version } => {
            bring::back(bears::in_s3(store)?, one(only, edit)?, version).await?
        }
        Edit::Restore => bears::restore(&ends, &options).await?,
        Edit::Rewrite | Edit::Tag => bears::rewrite(&ends, (edit, &options)).await?,
        Edit::Abort { before } => bears::abort(&ends, *before).await?,
    };
    let location = ends.right.location.clone();
    let places = (location.clone(), location);
    let mut plan = Plan::of_proof(places, only.clone(), options, Timestamp::now());
    if room.options.read_only {
        let notice = "wharf is read-only: this plan can be looked at and exported, not run";
        plan.notices.push(notice.to_owned());
    }
    plan.notices.extend(made.notices);
    plan.left.archived = made.archived;
    if !made.steps.is_empty() {
        plan.groups.push(Group {
            sign: sign(&made.edit),
            overwrites: made.op == Op::Copy
                && made.steps.iter().any(|step| step.destination.is_some()),
            op: made.op,
            selected: true,
            why: Some(made.why.into()),
            steps: made.steps,
        });
    }
    plan.edit = Some(made.edit);
    Ok(plan)
}

/// What becomes of what is there: more of it, other than it was, or less.
fn sign(edit: &Edit) -> Sign {
    match edit {
        Edit::NewFolder | Edit::Undelete => Sign::OnlyLeft,
        Edit::Rename { .. }
        | Edit::BringBack { .. }
        | Edit::Restore
        | Edit::Rewrite
        | Edit::Tag => Sign::Differs,
        Edit::Abort { .. } => Sign::OnlyRight,
    }
}

/// The one key that an edit speaks of.
fn one<'k>(only: &'k [Key], edit: &Edit) -> Result<&'k Key, Failed> {
    match only {
        [key] if !key.is_empty() => Ok(key),
        _ => Err(Failed::usage(format!(
            "one name is wanted to {}",
            edit.word()
        ))),
    }
}

/// Another name for what is on a disk.
async fn rename(store: &Store, key: &Key, to: &Key) -> Result<Made, Failed> {
    if !matches!(store, Store::Disk(_)) {
        let message = "only what is on a disk is renamed where it stands";
        return Err(Failed {
            help: Some("in S3 another name is a copy: wharf move brings it there".to_owned()),
            ..Failed::usage(message)
        });
    }
    let facts = look(store, key).await?;
    let facts = facts.ok_or_else(|| missing(&format!("nothing is called {key}")))?;
    let slash = |key: &Key| match facts.kind {
        Kind::Folder if !key.is_folder() => key.join("/"),
        Kind::Folder | Kind::Object | Kind::Symlink | Kind::Special => key.clone(),
    };
    let (key, to) = (slash(key), slash(to));
    if look(store, &to).await?.is_some() {
        return Err(taken(&to));
    }
    let why = format!("to {}", Key::new(to.name_bytes()));
    let steps = vec![Step::edit(0, key, Some(facts))];
    Ok(Made::of(Edit::Rename { to }, why, steps))
}

/// A folder where nothing of its name is.
async fn new_folder(store: &Store, key: &Key) -> Result<Made, Failed> {
    let key = if key.is_folder() {
        key.clone()
    } else {
        key.join("/")
    };
    let is_there = match store {
        Store::Disk(_) | Store::Manifest(_) => look(store, &key).await?.is_some(),
        Store::S3(_) => {
            let query = ListQuery {
                folder: key.clone(),
                shallow: true,
                ..ListQuery::default()
            };
            let page = store.pages(query).next().await.unwrap_or_default();
            !page.entries.is_empty() || look(store, &key).await?.is_some()
        }
    };
    if is_there {
        return Err(taken(&key));
    }
    let why = match store {
        Store::S3(_) => "an object of 0 bytes that shows as a folder",
        Store::Disk(_) | Store::Manifest(_) => "a new folder",
    };
    let steps = vec![Step::edit(0, key, None)];
    Ok(Made::of(Edit::NewFolder, why.to_owned(), steps))
}

/// What stands under a key; `None` where nothing does.
async fn look(store: &Store, key: &Key) -> Result<Option<Facts>, Failed> {
    match store.stat(key).await {
        Ok(stat) => Ok(Some(stat.entry.facts)),
        Err(error) if error.failure_kind() == FailureKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn missing(message: &str) -> Failed {
    Failed {
        class: FailedClass::Broken,
        help: Some("list afresh: it may have another name by now".to_owned()),
        ..Failed::usage(message)
    }
}

fn taken(key: &Key) -> Failed {
    Failed::guard(
        format!("{key} is there already"),
        "choose another name: nothing is written over",
    )
}
