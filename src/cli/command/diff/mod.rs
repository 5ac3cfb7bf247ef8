//! `wharf diff`: two locations compared, a line a difference, streaming in constant memory; with `--gaps` what the
//! missing have in common. Of a group each mapping is compared for itself, with a line for each and totals.

mod told;

use serde::Serialize;

use crate::cli::{
    args::DiffArgs,
    exit::Exit,
    output::record::{GapRecord, MappingRecord, PairRecord},
    target::Target,
};
use crate::domain::{
    diff::{Pair, Sign, Totals},
    entry::End,
    gaps::Gaps,
    progress::Requests,
    side::Side,
};
use crate::engine::{Body, Command, event::Compared};
use crate::humanize;

use super::{Context, VIEW};
use told::{Counts, counts, line, sentence};

/// `summary` of diff.
#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    /// How many mappings of a group were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    mappings: Option<u64>,
    #[serde(flatten)]
    counts: Counts<'a>,
}

/// What is printed and gathered while pairs come.
struct Shown<'a> {
    only: &'a [Sign],
    quiet: bool,
    gaps: Option<[(Side, Gaps); 2]>,
    /// The mapping of a group that is compared.
    mapping: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn new(args: &DiffArgs, only: &'a [Sign], mapping: Option<&'a str>) -> Self {
        let gaps = || [Side::Right, Side::Left].map(|side| (side, Gaps::default()));
        Self {
            only,
            quiet: args.summary,
            gaps: args.gaps.then(gaps),
            mapping,
        }
    }
}

/// Runs the command.
pub(super) async fn diff(context: &mut Context, args: &DiffArgs, target: Target) -> Exit {
    let only = match context.wished(args) {
        Ok(only) => only,
        Err(exit) => return exit,
    };
    let mut shown = Shown::new(args, &only, None);
    let compared = match context.compared(&mut shown, target).await {
        Ok(compared) => compared,
        Err(exit) => return exit,
    };
    context.output.record(&Summary {
        r#type: "summary",
        mappings: None,
        counts: counts(&compared),
    });
    context.tell(args, sentence(&compared));
    context.judged(&compared)
}

/// Compares each mapping of a group.
pub(super) async fn diff_each(
    context: &mut Context,
    args: &DiffArgs,
    targets: Vec<Target>,
) -> Exit {
    let only = match context.wished(args) {
        Ok(only) => only,
        Err(exit) => return exit,
    };
    let mappings = targets.len() as u64;
    let (mut exit, mut sum) = (Exit::Ok, nothing());
    for target in targets {
        let name = target.name().to_owned();
        if !args.summary {
            context.output.line(format_args!("{name}:"));
        }
        let mut shown = Shown::new(args, &only, Some(&name));
        let places = target.places();
        match context.compared(&mut shown, target).await {
            Ok(compared) => {
                let record = MappingRecord::new(&name, &places, counts(&compared));
                context.output.record(&record);
                context.tell(args, format!("{name}: {}", sentence(&compared)));
                exit = exit.and(context.judged(&compared));
                join(&mut sum, &compared);
            }
            // A place that does not answer keeps the other mappings from nothing.
            Err(stop @ (Exit::Cancelled | Exit::Differences)) => return stop,
            Err(failed) => {
                sum.left = uncompared(&name);
                exit = exit.and(failed);
            }
        }
    }
    context.output.record(&Summary {
        r#type: "summary",
        mappings: Some(mappings),
        counts: counts(&sum),
    });
    let mappings = humanize::counted(mappings, "mapping");
    context.tell(args, format!("{mappings}: {}", sentence(&sum)));
    exit
}

/// Where no pair was compared yet.
fn nothing() -> Compared {
    Compared {
        left: End::Complete,
        right: End::Complete,
        totals: Totals::default(),
        requests: Requests::default(),
        seconds: 0.0,
    }
}

fn uncompared(mapping: &str) -> End {
    End::Broken {
        after: None,
        reason: format!("{mapping} was not compared").into(),
    }
}

fn join(sum: &mut Compared, other: &Compared) {
    for (end, other) in [(&mut sum.left, &other.left), (&mut sum.right, &other.right)] {
        if end.is_complete() {
            end.clone_from(other);
        }
    }
    sum.totals.join(&other.totals);
    sum.requests.join(&other.requests);
    sum.seconds += other.seconds;
}

/// The signs that are printed; without a wish, all that a person must look at.
fn signs(wish: Option<&str>) -> Result<Vec<Sign>, String> {
    let Some(wish) = wish else {
        return Ok(Sign::ALL
            .into_iter()
            .filter(|sign| !matches!(sign, Sign::Same | Sign::Excluded))
            .collect());
    };
    let find = |c: char| Sign::ALL.into_iter().find(|sign| sign.symbol() == c);
    wish.chars()
        .map(|c| find(c).ok_or_else(|| format!("\"{}\" is no sign", c.escape_debug())))
        .collect()
}

impl Context {
    fn wished(&mut self, args: &DiffArgs) -> Result<Vec<Sign>, Exit> {
        signs(args.only.as_deref()).map_err(|message| {
            self.output.error(
                message,
                Some("the signs are = + - * ~ # ! ? x @, together as in --only '+*!'"),
            );
            Exit::Usage
        })
    }

    /// Compares two places, printing the pairs as they come.
    async fn compared(&mut self, shown: &mut Shown<'_>, target: Target) -> Result<Compared, Exit> {
        self.ask(Command::Compare {
            view: VIEW,
            left: target.left,
            right: target.right,
            options: target.options,
        });
        loop {
            match self.answer().await {
                Body::Pairs(pairs) => self.show_pairs(shown, &pairs)?,
                Body::Compared(compared) => {
                    let gaps = shown.gaps.iter().flatten();
                    gaps.for_each(|(side, gaps)| self.show_gaps(gaps, *side));
                    self.tell_notices();
                    return Ok(*compared);
                }
                Body::Failed(failed) => return Err(self.fail(&failed)),
                Body::Listed { .. }
                | Body::Recorded { .. }
                | Body::Buckets(_)
                | Body::Planned(_)
                | Body::PlannedBoth(_)
                | Body::PlannedRoutes(_)
                | Body::Identity(_)
                | Body::Preview(_)
                | Body::Picture(_)
                | Body::Cloud(_)
                | Body::Looked(_)
                | Body::WrapUp(_)
                | Body::Past(_)
                | Body::Report(_)
                | Body::Run(_)
                | Body::Watched
                | Body::Accepted(_) => {}
            }
        }
    }

    /// What the engine wants to be known.
    fn tell_notices(&mut self) {
        for notice in self.engine.snapshot().notices {
            self.output.remark(format_args!("note: {notice}"));
        }
    }

    fn show_pairs(&mut self, shown: &mut Shown<'_>, pairs: &[Pair]) -> Result<(), Exit> {
        for pair in pairs {
            self.show_pair(shown, pair);
        }
        if self.output.is_gone() {
            self.ask(Command::Stop(VIEW));
            return Err(Exit::Differences);
        }
        Ok(())
    }

    fn show_pair(&mut self, shown: &mut Shown<'_>, pair: &Pair) {
        if let Some(gaps) = &mut shown.gaps {
            for (side, gaps) in gaps {
                gaps.add_pair(pair, *side);
            }
        }
        // Folders and markers are no content: they are counted apart, and never a difference by themselves.
        if shown.quiet || pair.is_folder() || !shown.only.contains(&pair.verdict.sign()) {
            return;
        }
        self.output.record(&PairRecord::of(pair, shown.mapping));
        self.output.line(line(pair, self.output.style().terminal));
    }

    /// A result where the counts are what was asked for, a remark beside the lines otherwise.
    fn tell(&mut self, args: &DiffArgs, line: String) {
        if args.summary {
            self.output.line(line);
        } else {
            self.output.remark(line);
        }
    }

    /// What a comparison means for the exit code.
    fn judged(&mut self, compared: &Compared) -> Exit {
        let exit = self.ended(&compared.left).and(self.ended(&compared.right));
        let meaning = |found: bool, exit: Exit| if found { exit } else { Exit::Ok };
        let totals = &compared.totals;
        exit.and(meaning(totals.differences() > 0, Exit::Differences))
            .and(meaning(totals.of(Sign::Error).objects > 0, Exit::Failed))
    }

    /// Tells what is missing on `side`.
    fn show_gaps(&mut self, gaps: &Gaps, side: Side) {
        let explanation = gaps.explain();
        for rule in &explanation.rules {
            self.output.record(&GapRecord::new(rule, side.other()));
        }
        for sentence in humanize::explain_gap(&explanation, side) {
            self.output.line(sentence);
        }
    }
}
