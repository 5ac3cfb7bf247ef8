//! Who we are, at the right of the header: the remote of the side that has the focus, its region, account and role. Asked
//! once for each remote, when it is looked at and the keys rest; production stands in the colour of what destroys.

use ratatui::text::{Line, Span};

use crate::domain::{
    location::{Location, Remote},
    side::Side,
};

use crate::engine::{Command, Identity, event::Failed};

use crate::tui::{
    shell::{Question, Shell},
    state::State,
    tab::log::{Entry, Weight},
};

/// Between the parts.
const JOINT: &str = " · ";

/// Asks who we are at the remotes on the screen, where that was not asked yet.
pub(super) fn ask(state: &mut State) {
    for side in Side::BOTH {
        let known = &state.shell.identities;
        let remote = state.browse.place(side).and_then(remote_of);
        let Some(remote) = remote.filter(|remote| !known.contains_key(remote)).cloned() else {
            continue;
        };
        let shell = &mut state.shell;
        shell.identities.insert(remote.clone(), None);
        let of = remote.clone();
        shell.ask(Question::Identity(remote), |view| Command::Identity {
            view,
            remote: of,
        });
    }
}

/// Keeps in the log why it cannot be told; what a person wanted goes on without it.
pub(super) fn unknown(remote: &Remote, failed: &Failed, shell: &mut Shell) {
    let name = remote.name().unwrap_or("the unnamed remote");
    let text = format!("Who we are at {name} is not known: {}", failed.message);
    let mut entry = Entry::new(shell.now, Weight::Info, text);
    entry.request_id.clone_from(&failed.request_id);
    shell.unlogged.push(entry);
}

/// What the header says, as far as `width` columns hold it: what is least worth goes first.
pub(super) fn words(state: &State, width: u16) -> Line<'static> {
    let parts = parts(state);
    let mut from = 0;
    let line = |from: usize| -> Line<'static> {
        let mut spans = Vec::new();
        for part in parts.iter().skip(from) {
            if !spans.is_empty() {
                spans.push(Span::styled(JOINT, state.shell.theme.dim));
            }
            spans.push(part.clone());
        }
        Line::from(spans)
    };
    while from + 1 < parts.len() && line(from).width() > usize::from(width) {
        from += 1;
    }
    line(from)
}

/// From what is least worth to what a person must see.
fn parts(state: &State) -> Vec<Span<'static>> {
    let Shell {
        settings,
        theme,
        identities,
        ..
    } = &state.shell;
    let focus = state.browse.focus;
    let remote = [focus, focus.other()]
        .into_iter()
        .find_map(|side| state.browse.place(side).and_then(remote_of));
    let told = remote.and_then(|remote| identities.get(remote)?.as_ref());
    let mut parts = vec![Span::styled(settings.title.clone(), theme.dim)];
    if let Some(Identity {
        endpoint,
        region,
        who,
    }) = told
    {
        let host = endpoint.as_deref().map(host);
        parts.extend(host.map(|host| Span::styled(host.to_owned(), theme.dim)));
        parts.push(Span::styled(region.to_string(), theme.dim));
        if let Some((account, name)) = who {
            parts.push(Span::styled(name.to_string(), theme.dim));
            parts.push(Span::styled(short(account), theme.dim));
        }
    }
    if let Some(name) = remote.and_then(Remote::name) {
        let set = remote.and_then(|remote| settings.config.remotes.get(remote));
        let production = set
            .and_then(|set| set.production.as_ref())
            .is_some_and(|on| on.value);
        let style = if production {
            theme.missing
        } else {
            theme.strong
        };
        let word = if production { " production" } else { "" };
        parts.push(Span::styled(format!("{name}{word}"), style));
    }
    if settings.read_only {
        parts.push(Span::styled("read-only", theme.differs));
    }
    parts.retain(|part| !part.content.is_empty());
    parts
}

/// An endpoint without its scheme.
fn host(endpoint: &str) -> &str {
    let rest = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest);
    rest.trim_end_matches('/')
}

/// An account's first and last digits, which a person knows it by.
fn short(account: &str) -> String {
    match (
        account.get(..4),
        account
            .len()
            .checked_sub(4)
            .and_then(|at| account.get(at..)),
    ) {
        (Some(first), Some(last)) if account.len() > 8 => format!("{first}…{last}"),
        (_, _) => account.to_owned(),
    }
}

fn remote_of(place: &Location) -> Option<&Remote> {
    match place {
        Location::S3(prefix) => Some(&prefix.remote),
        Location::Buckets(remote) => Some(remote),
        Location::Manifest(of) => remote_of(of),
        Location::Disk(_) => None,
    }
}
