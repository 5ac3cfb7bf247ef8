//! The log: a rolling file in the state folder, and a ring that the screen reads. Used by `main` alone.
//! What goes in here is made safe for a terminal and rid of secrets, whoever told it.

use std::{
    fmt::{self, Write as _},
    io::Write,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use jiff::Timestamp;
use regex::Regex;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_appender::{
    non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard},
    rolling::{InitError, RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::domain::{
    log::{Level, Record, Ring},
    text::printable,
};

/// Records that the screen can look back at.
const RING: usize = 5_000;

/// Days of log files that are kept.
const FILES: usize = 7;

/// Characters of one value that are written: bodies and headers of libraries can be long.
const LONGEST: usize = 4_000;

/// What stands for a secret.
const REDACTED: &str = "[redacted]";

/// Names of fields and parameters whose values are secret.
const SECRET: &str = r"(?ix)
    ( [\w.-]* (?: secret | password | passphrase | authorization | signature | session[_-]?token | security[_-]?token
                | access[_-]?token | customer[_-]key(?:-md5)? | private[_-]?key ) [\w-]* )
    ( \\? [\x22']? \s* (?: => | [:=] ) \s* \\? [\x22']? | \\? [\x22'] \s* , \s* \\? [\x22'] )
    ( (?: Basic | Bearer | AWS4-HMAC-SHA256 ) \s [^\x22'\n]* | [^\s\x22'\\,;&)}]+ )";

/// The password in an address.
const ADDRESS: &str = r"(\b[\w.%+-]+:)[^\s/@:,)]+@";

/// What the log needs to know of the process.
#[derive(Debug, Clone, Default)]
pub struct Options<'a> {
    /// The state folder; without one there is only the ring.
    pub folder: Option<&'a Path>,
    /// How many times a person said `-v`.
    pub verbose: u8,
    /// `WHARF_LOG`: what to tell, as in `wharf=debug,aws_config=info`.
    pub targets: Option<&'a str>,
    /// Values that may never be written, such as keys from the environment.
    pub secrets: Vec<String>,
    /// Lines go to stderr too (headless commands with `-v`).
    pub stderr: bool,
}

/// Why there is no log file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The folder cannot be made.
    #[error("its folder cannot be made: {0}")]
    Folder(#[from] std::io::Error),
    /// The file cannot be opened.
    #[error(transparent)]
    File(#[from] InitError),
}

/// The running log; it writes out what it holds when dropped.
pub struct Log {
    /// The last records.
    pub ring: Ring,
    /// Why there is no file, where there is none.
    pub problem: Option<Problem>,
    _writer: Option<WorkerGuard>,
}

/// Begins to log, for the whole process.
pub fn start(options: Options<'_>) -> Log {
    let ring = Ring::new(RING);
    let file = options
        .folder
        .map(|folder| open(&folder.join("log")))
        .transpose();
    let (appender, problem) = match file {
        Ok(appender) => (appender, None),
        Err(problem) => (None, Some(problem)),
    };
    let (writer, guard) = appender.map(written_aside).unzip();
    let mut sinks: Vec<Box<dyn Write + Send>> = Vec::new();
    sinks.extend(writer.map(|writer| Box::new(writer) as Box<dyn Write + Send>));
    if options.stderr {
        sinks.push(Box::new(std::io::stderr()));
    }
    let recorder = Recorder::new(ring.clone(), options.secrets, sinks);
    let filter = filter(options.verbose, options.targets);
    let started = Registry::default()
        .with(recorder.with_filter(filter))
        .try_init();
    if let Err(error) = started {
        tracing::debug!(%error, "somebody logs already");
    }
    Log {
        ring,
        problem,
        _writer: guard,
    }
}

/// The file, written by a thread of its own; lines wait for it in room that is set aside at once.
fn written_aside(file: RollingFileAppender) -> (NonBlocking, WorkerGuard) {
    const LINES: usize = 8_192;
    NonBlockingBuilder::default()
        .buffered_lines_limit(LINES)
        .finish(file)
}

fn open(folder: &Path) -> Result<RollingFileAppender, Problem> {
    // Made here, because the appender would complain of it on stderr.
    std::fs::create_dir_all(folder)?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("wharf")
        .filename_suffix("log")
        .max_log_files(FILES)
        .build(folder)?;
    Ok(appender)
}

fn filter(verbose: u8, targets: Option<&str>) -> Targets {
    if let Some(targets) = targets.and_then(|text| text.parse().ok()) {
        return targets;
    }
    let (ours, theirs) = match verbose {
        0 => (LevelFilter::INFO, LevelFilter::WARN),
        1 => (LevelFilter::DEBUG, LevelFilter::INFO),
        2 => (LevelFilter::TRACE, LevelFilter::DEBUG),
        3.. => (LevelFilter::TRACE, LevelFilter::TRACE),
    };
    Targets::new()
        .with_default(theirs)
        .with_target("wharf", ours)
}

/// Takes what is told, makes it safe, and passes it on.
struct Recorder {
    ring: Ring,
    redaction: Redaction,
    sinks: Mutex<Vec<Box<dyn Write + Send>>>,
}

impl Recorder {
    fn new(ring: Ring, secrets: Vec<String>, sinks: Vec<Box<dyn Write + Send>>) -> Self {
        Self {
            ring,
            redaction: Redaction::new(secrets),
            sinks: Mutex::new(sinks),
        }
    }

    fn take(&self, record: Record) {
        let mut line = format!(
            "{:.3} {} {} {}",
            record.at,
            record.level.word(),
            record.target,
            record.message
        );
        for (name, value) in &record.fields {
            // Writing to a String cannot fail.
            write!(line, " {name}={value}").unwrap_or_default();
        }
        line.push('\n');
        let mut sinks = self.sinks.lock().unwrap_or_else(PoisonError::into_inner);
        for sink in sinks.iter_mut() {
            // A log that cannot be written must not stop the work it tells of.
            let _written = sink.write_all(line.as_bytes());
        }
        drop(sinks);
        self.ring.push(record);
    }
}

/// Fields of a span, kept with it for the events inside.
struct SpanFields(Vec<(Arc<str>, String)>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        context: Context<'_, S>,
    ) {
        let mut fields = Fields::new(&self.redaction);
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields.named));
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new(&self.redaction);
        values.record(&mut fields);
        if let Some(span) = context.span(id)
            && let Some(known) = span.extensions_mut().get_mut::<SpanFields>()
        {
            known.0.append(&mut fields.named);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new(&self.redaction);
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(known) = span.extensions().get::<SpanFields>() {
                fields.named.extend(known.0.iter().cloned());
            }
        }
        let meta = event.metadata();
        self.take(Record {
            at: Timestamp::now(),
            level: level(*meta.level()),
            target: meta.target().into(),
            message: fields.message,
            fields: fields.named,
        });
    }
}

fn level(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::TRACE => Level::Trace,
    }
}

/// Gathers the fields of one event or span.
struct Fields<'a> {
    redaction: &'a Redaction,
    message: String,
    named: Vec<(Arc<str>, String)>,
}

impl<'a> Fields<'a> {
    fn new(redaction: &'a Redaction) -> Self {
        Self {
            redaction,
            message: String::new(),
            named: Vec::new(),
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        if name == "message" {
            self.message = self.redaction.clean(value);
            return;
        }
        // The name may be what tells that the value is secret.
        let whole = format!("{name}={}", self.redaction.clean(value));
        let whole = self.redaction.clean_names(&whole);
        let value = whole
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('='));
        let value = value.unwrap_or(REDACTED).to_owned();
        self.named.push((name.into(), value));
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }
}

/// What makes a text safe to keep.
struct Redaction {
    /// Both are made when a text first needs them: most runs never do, and they are large.
    rules: OnceLock<Option<(Regex, Regex)>>,
    secrets: Vec<String>,
}

/// What the name of a secret contains, without regard to case; an address with a password contains the last one.
const MARKS: [&str; 9] = [
    "secret",
    "passw",
    "passphrase",
    "authoriz",
    "signature",
    "token",
    "customer",
    "private",
    "@",
];

impl Redaction {
    fn new(mut secrets: Vec<String>) -> Self {
        // Shorter ones would strike innocent text.
        secrets.retain(|secret| secret.len() >= 8);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self {
            rules: OnceLock::new(),
            secrets,
        }
    }

    fn clean(&self, text: &str) -> String {
        let mut text: String = text.chars().take(LONGEST).collect();
        for secret in &self.secrets {
            text = text.replace(secret, REDACTED);
        }
        printable(self.clean_names(&text).as_bytes()).into_owned()
    }

    fn clean_names(&self, text: &str) -> String {
        if !may_tell(text) {
            return text.to_owned();
        }
        let make = || Regex::new(SECRET).ok().zip(Regex::new(ADDRESS).ok());
        let Some((names, addresses)) = self.rules.get_or_init(make) else {
            // Without the rule nothing can be known to be safe.
            return REDACTED.to_owned();
        };
        let text = addresses.replace_all(text, format!("${{1}}{REDACTED}@"));
        names
            .replace_all(&text, format!("${{1}}${{2}}{REDACTED}"))
            .into_owned()
    }
}

/// Whether a text may tell a secret by its name; letters of other alphabets can stand for ours without regard to case.
fn may_tell(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    !text.is_ascii() || MARKS.iter().any(|mark| small.contains(mark))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use proptest::prelude::*;
    use regex::Regex;
    use tracing_subscriber::{Registry, layer::SubscriberExt as _};

    use super::{ADDRESS, Recorder, Redaction, Ring, SECRET, filter, may_tell};
    use crate::domain::log::Level;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn told(secrets: &[&str], tell: impl FnOnce()) -> (String, Ring) {
        let (ring, lines) = (Ring::new(100), Lines::default());
        let secrets = secrets.iter().map(|&secret| secret.to_owned()).collect();
        let recorder = Recorder::new(ring.clone(), secrets, vec![Box::new(lines.clone())]);
        tracing::subscriber::with_default(Registry::default().with(recorder), tell);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        (text, ring)
    }

    #[test]
    fn no_canary_passes() {
        let canary = "CANARY0canary1CANARY2";
        let texts = [
            format!("AWS_SECRET_ACCESS_KEY={canary}"),
            format!("secret_access_key: \"{canary}\""),
            format!("Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature={canary}"),
            format!("GET /b/k?X-Amz-Security-Token={canary}&X-Amz-Signature={canary}&x=1"),
            format!("{{\"x-amz-server-side-encryption-customer-key\": \"{canary}\"}}"),
            format!("[(\"x-amz-server-side-encryption-customer-key\", \"{canary}\")]"),
            format!("SessionToken => {canary}"),
            format!("password={canary}; done"),
            format!("Text(\"{{\\\"secret\\\": \\\"{canary}\\\"}}\")"),
            format!("Authorization: Bearer {canary}"),
        ];
        let (lines, ring) = told(&[], || {
            for text in &texts {
                tracing::error!("{text}");
                tracing::warn!(detail = text.as_str(), "x");
            }
            tracing::info!(secret_key = canary, "field");
            let span = tracing::info_span!("s", session_token = canary);
            span.in_scope(|| tracing::info!("inside"));
        });
        assert_eq!(lines.lines().count(), 2 * texts.len() + 2);
        assert!(!lines.contains(canary), "{lines}");
        assert!(!format!("{ring:?}").contains(canary));
    }

    #[test]
    fn a_known_secret_is_struck_out_wherever_it_stands() {
        let (lines, _) = told(&["s3cr3t/value+1", "ab"], || {
            tracing::info!("the header was s3cr3t/value+1, about it");
        });
        assert!(
            lines.contains("the header was [redacted], about it"),
            "{lines}"
        );
    }

    #[test]
    fn nothing_told_can_drive_a_terminal() {
        let (lines, ring) = told(&[], || {
            tracing::info!(key = "a\u{1b}[31m\nb", "seen \u{1b}]0;x\u{7}");
        });
        assert_eq!(lines.lines().count(), 1);
        assert!(!lines.trim_end().contains(char::is_control), "{lines}");
        let (records, _) = ring.since(0);
        assert_eq!(records[0].field("key"), Some("a\\x1b[31m\\x0ab"));
    }

    #[test]
    fn spans_lend_their_fields_to_what_is_told_inside() {
        let (_, ring) = told(&[], || {
            let span = tracing::info_span!("task", task = 7);
            span.in_scope(|| tracing::warn!(request_id = "R1", "slow down"));
        });
        let (records, _) = ring.since(0);
        assert_eq!(records[0].field("task"), Some("7"));
        assert_eq!(records[0].field("request_id"), Some("R1"));
        assert_eq!(
            (records[0].level, &*records[0].message),
            (Level::Warn, "slow down")
        );
    }

    #[test]
    fn innocent_text_stays() {
        let redaction = Redaction::new(Vec::new());
        for text in [
            "17,592 = 17,592",
            "no such key: tokens/vocab.json",
            "etag=\"abc\" size=3",
        ] {
            assert_eq!(redaction.clean(text), text);
        }
    }

    proptest! {
        #[test]
        fn what_a_rule_would_strike_is_never_passed_over(
            text in "[a-z:=@ ſK-]{0,6}(SECRET|Passphrase|passWord|authorization|Signature|session_token|access-token|\
                     private_key|customer-key-md5|securityToken|ſecret|user:word@host){0,1}[=: ]{0,2}[a-z@]{0,3}"
        ) {
            let strikes = [SECRET, ADDRESS].iter().any(|rule| Regex::new(rule).unwrap().is_match(&text));
            prop_assert!(may_tell(&text) || !strikes);
        }
    }

    #[test]
    fn each_v_tells_more() {
        let told = |verbose: u8, level: &tracing::Level| {
            filter(verbose, None).would_enable("wharf::engine", level)
        };
        assert!(told(0, &tracing::Level::INFO) && !told(0, &tracing::Level::DEBUG));
        assert!(told(1, &tracing::Level::DEBUG) && told(2, &tracing::Level::TRACE));
        let asked = filter(0, Some("wharf=trace"));
        assert!(asked.would_enable("wharf::engine", &tracing::Level::TRACE));
        assert!(!asked.would_enable("hyper", &tracing::Level::ERROR));
    }
}
