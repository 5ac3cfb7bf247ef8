//! What is asked of an instance's shell, and launches: a line that is typed and what came of it, who uses the GPUs, a run's launch
//! from what it stands on to its checks.

use std::{sync::Arc, time::Duration};

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::domain::{
    cloud::{CommandState, GPU_SCRIPT, GpuUse, Instance, Said, State, Turn},
    text::printable,
};
use crate::engine::{
    Command,
    cloud::{CloudAsk, Place},
    launch::{LaunchAsk, LaunchTold},
};
use crate::humanize;
use crate::tui::{
    dialog::{
        Dialog,
        input::{InputDialog, Purpose},
        launch::LaunchDialog,
        menu::{Choice, MenuDialog},
        pages::Pages,
    },
    msg::ShellOver,
    shell::{Question, Shell},
    tab::log::Weight,
    theme::Theme,
};

use super::{Instances, update::place};

/// How long a line that is typed may take.
const LIMIT: Duration = Duration::from_mins(30);
/// The same for what only looks.
const BRIEF: Duration = Duration::from_mins(1);
/// From one look at it to the next, at most.
const EVERY: Duration = Duration::from_secs(2);

/// A run that can be launched, or why it cannot.
#[derive(Debug, Clone)]
pub struct Launchable {
    /// Its name.
    pub run: Arc<str>,
    /// What is asked of the engine, or why nothing can be, with what to do.
    pub ask: Result<LaunchAsk, String>,
}

/// What a person decided about an instance.
#[derive(Debug, Clone)]
pub enum Deed {
    /// To turn it.
    Turn(Place, Turn),
    /// To run this line on the one that it was typed for.
    Exec(String),
    /// To look at the launch of a run, by its number.
    PlanLaunch(usize),
    /// To launch what was shown.
    Launch(Box<LaunchAsk>),
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum Sought {
    /// What a line came to that was run on an instance of this id.
    Exec(Box<str>, Arc<str>),
    /// Who uses the GPUs of an instance of this id.
    Gpus(Box<str>),
    /// What opens a shell on an instance of this id.
    Shell(Box<str>),
    /// Whether the outputs of the run of this name are pushed on its instance.
    Push(Arc<str>),
    /// What the launch of the run of this name would stand on.
    LaunchPlan(Arc<str>),
    /// Whether the run of this name is launched, by this launch.
    Launch(Arc<str>, Box<str>),
}

impl Instances {
    /// Does what was decided.
    pub fn carry_out(&mut self, deed: Deed, shell: &mut Shell) {
        match deed {
            Deed::Turn(place, turn) => self.turn(&place, turn, shell),
            Deed::Exec(line) => self.exec(&line, shell),
            Deed::PlanLaunch(at) => self.plan_launch(at, shell),
            Deed::Launch(ask) => self.launch(*ask, shell),
        }
    }

    /// Asks for a line that is run on an instance.
    pub(super) fn ask_line(&mut self, instance: &Instance, shell: &mut Shell) {
        if shell.settings.read_only {
            let text = "wharf is read-only: no command is run on an instance.";
            return shell.say(Weight::Warning, text);
        }
        if instance.state != State::Running {
            return rests(instance, shell);
        }
        self.typed_for = Some(place(instance, shell));
        let name = printable(instance.name().as_bytes());
        let line = InputDialog::boxed_about(Purpose::Exec, &name, self.typed.clone());
        shell.dialogs.push(Dialog::Input(line));
    }

    /// Runs a line on the instance that it was typed for.
    fn exec(&mut self, line: &str, shell: &mut Shell) {
        let Some(place) = self.typed_for.take() else {
            return;
        };
        line.clone_into(&mut self.typed);
        let name = self.name_of(&place.id);
        let question = Sought::Exec(place.id.clone(), line.into());
        let ask = CloudAsk::Exec {
            place,
            reach: None,
            script: line.into(),
            limit: LIMIT,
            every: EVERY,
        };
        super::update::asking(Question::Sought(question), ask, shell);
        shell.say(
            Weight::Info,
            format!("It runs on {name}; its output comes when it ends."),
        );
    }

    /// Asks who uses the GPUs.
    pub(super) fn ask_gpus(&self, instance: &Instance, shell: &mut Shell) {
        if instance.state != State::Running {
            return rests(instance, shell);
        }
        let place = place(instance, shell);
        let name = self.name_of(&place.id);
        let question = Sought::Gpus(place.id.clone());
        let ask = CloudAsk::Exec {
            place,
            reach: None,
            script: GPU_SCRIPT.into(),
            limit: BRIEF,
            every: EVERY,
        };
        super::update::asking(Question::Sought(question), ask, shell);
        shell.say(Weight::Info, format!("Asking nvidia-smi of {name}."));
    }

    /// Asks what opens a shell on an instance.
    pub(super) fn ask_shell(&mut self, instance: &Instance, shell: &mut Shell) {
        if instance.state != State::Running {
            return rests(instance, shell);
        }
        let place = place(instance, shell);
        let name = self.name_of(&place.id);
        let question = Sought::Shell(place.id.clone());
        let ask = CloudAsk::Session { place, reach: None };
        super::update::asking(Question::Sought(question), ask, shell);
        let text = format!("Opening a shell on {name}; the screen comes back when it ends.");
        shell.say(Weight::Info, text);
    }

    /// Tells how a shell ended for which the screen was put aside.
    pub fn shell_over(&mut self, over: ShellOver, shell: &mut Shell) {
        let ShellOver { name, ended } = over;
        let (code, words) = match ended {
            Ok(ended) => ended,
            Err(failed) => return shell.say_failed(&failed),
        };
        let how = match code {
            Some(0) => return shell.say(Weight::Info, format!("The shell on {name} is over.")),
            Some(code) => format!("ended with {code}"),
            None => "was ended by a signal".to_owned(),
        };
        let words = words.map(|words| format!(": {words}")).unwrap_or_default();
        shell.say(Weight::Warning, format!("The shell on {name} {how}{words}"));
    }

    /// Shows what a command came to.
    pub(super) fn said(&self, question: &Sought, said: &Said, shell: &mut Shell) {
        let theme = &shell.theme;
        let pages = if let Sought::Exec(id, line) = question {
            let title = format!("{}: {}", self.name_of(id), printable(line.as_bytes()));
            Pages::new(title, told(said, theme))
        } else if let Sought::Gpus(id) = question {
            let title = format!("GPUs of {}", self.name_of(id));
            match GpuUse::of(said) {
                Ok(gpus) => Pages::new(title, gpu_lines(&gpus, theme)),
                Err(why) => {
                    let why = printable(why.as_bytes()).into_owned();
                    return shell.say(Weight::Warning, format!("{title}: {why}."));
                }
            }
        } else {
            return;
        };
        shell.dialogs.push(Dialog::Pages(pages));
    }

    /// Asks which run is launched, where there are several.
    pub(super) fn choose_launch(&mut self, shell: &mut Shell) {
        if shell.settings.read_only {
            return shell.say(Weight::Warning, "wharf is read-only: nothing is launched.");
        }
        match shell.settings.launches.len() {
            0 => {
                let text =
                    "No run says what is launched: write [runs.NAME.launch] into wharf.toml.";
                shell.say(Weight::Info, text);
            }
            1 => self.plan_launch(0, shell),
            _ => {
                let runs = shell.settings.launches.iter().enumerate();
                let runs: Vec<(String, Choice)> = runs
                    .map(|(at, one)| {
                        let name = printable(one.run.as_bytes()).into_owned();
                        (name, Choice::PlanLaunch(at))
                    })
                    .collect();
                let rows = runs
                    .iter()
                    .map(|(name, choice)| (name.as_str(), choice.clone()))
                    .collect();
                let about =
                    "Its checks, its price and its plan are shown before anything is launched.";
                let menu = MenuDialog::ask("launch which run?".to_owned(), about, rows);
                shell.dialogs.push(Dialog::Menu(menu));
            }
        }
    }

    /// Looks at what the launch of a run stands on.
    fn plan_launch(&mut self, at: usize, shell: &mut Shell) {
        let Some(one) = shell.settings.launches.get(at).cloned() else {
            return;
        };
        let name = printable(one.run.as_bytes()).into_owned();
        match one.ask {
            Err(why) => shell.say(Weight::Warning, why),
            Ok(ask) => {
                self.planned = Some(ask.clone());
                asking_launch(Sought::LaunchPlan(one.run), ask, shell);
                shell.say(
                    Weight::Info,
                    format!("Looking at what a launch of {name} stands on."),
                );
            }
        }
    }

    /// Launches what was shown.
    fn launch(&mut self, ask: LaunchAsk, shell: &mut Shell) {
        let run = Arc::clone(&ask.run);
        let ask = LaunchAsk {
            apply: true,
            every: Some(EVERY),
            ..ask
        };
        self.launching
            .insert(Arc::clone(&run), "is looked at once more".to_owned());
        let name = printable(run.as_bytes()).into_owned();
        let launch = ask.named.clone().unwrap_or_default();
        asking_launch(Sought::Launch(run, launch), ask, shell);
        shell.say(
            Weight::Info,
            format!("The launch of {name} begins; 2 shows its steps."),
        );
    }

    /// Takes what comes of a launch, or of the look before it.
    pub(super) fn launch_told(&mut self, question: &Sought, told: LaunchTold, shell: &mut Shell) {
        if let (Sought::LaunchPlan(_), LaunchTold::Planned(plan)) = (question, &told) {
            if let Some(ask) = self.planned.take() {
                let dialog = LaunchDialog::new(ask, plan.clone());
                shell.dialogs.push(Dialog::Launch(Box::new(dialog)));
            }
            return;
        }
        let Sought::Launch(run, _) = question else {
            return;
        };
        let name = printable(run.as_bytes()).into_owned();
        let words = match told {
            LaunchTold::Planned(_) => "puts its files beside the run".to_owned(),
            LaunchTold::Putting { name, bytes } => {
                let name = printable(name.as_bytes());
                format!("puts {name} beside the run, {}", humanize::bytes(bytes))
            }
            LaunchTold::Asking => "asks AWS for its instance".to_owned(),
            LaunchTold::Launched { id } => {
                let id = printable(id.as_bytes());
                shell.say(Weight::Good, format!("{name} is launched as {id}."));
                self.look_again(shell);
                format!("is {id}, whose checks are waited for")
            }
            LaunchTold::State(state) => format!("is {}, its checks are waited for", state.word()),
            LaunchTold::Over { id, state } => {
                self.launching.remove(run);
                let id = id.unwrap_or_default();
                let id = printable(id.as_bytes());
                shell.say(
                    Weight::Good,
                    format!("{name} runs on {id}: {}.", state.word()),
                );
                return self.look_again(shell);
            }
        };
        self.launching.insert(Arc::clone(run), words);
    }

    /// Launches that are under way, in lines.
    pub(super) fn launches(&self) -> impl Iterator<Item = String> {
        self.launching.iter().map(|(run, words)| {
            let run = printable(run.as_bytes());
            format!("… the launch of {run} {words}")
        })
    }
}

/// Says that an instance takes no command.
fn rests(instance: &Instance, shell: &mut Shell) {
    let name = printable(instance.name().as_bytes());
    let state = instance.state.word();
    let text = format!("{name} is {state}: nothing can be run on it.");
    shell.say(Weight::Info, text);
}

fn asking_launch(question: Sought, ask: LaunchAsk, shell: &mut Shell) {
    shell.ask(Question::Sought(question), |view| Command::Cloud {
        view,
        ask: Box::new(CloudAsk::Launch(Box::new(ask))),
    });
}

/// What a command wrote and how it ended, as a text to read.
fn told(said: &Said, theme: &Theme) -> Vec<Line<'static>> {
    let well = said.state == CommandState::Ended && said.code == Some(0);
    let style = if well { theme.proven } else { theme.missing };
    let mut lines = vec![Line::from(Span::styled(humanize::ended(said), style))];
    let mut part = |text: &str, style: Style| {
        let told = humanize::printable_lines(text.as_bytes());
        if !told.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(
            told.into_iter()
                .map(|line| Line::from(Span::styled(line, style))),
        );
    };
    part(&said.stdout, Style::new());
    part(&said.stderr, theme.differs);
    for cut in humanize::cuts(said) {
        lines.push(Line::default());
        lines.push(Line::from(Span::styled(format!("! {cut}"), theme.differs)));
    }
    lines
}

/// The processes on the GPUs, as a table to read.
fn gpu_lines(told: &GpuUse, theme: &Theme) -> Vec<Line<'static>> {
    let mut rows = humanize::gpu_rows(told);
    if rows.is_empty() {
        return vec![Line::from(humanize::gpus_rest(told))];
    }
    rows.insert(0, ["GPU", "pid", "memory", "process"].map(str::to_owned));
    let wide = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (gpu, pid, memory) = (wide(0), wide(1), wide(2));
    let lines = rows
        .iter()
        .zip(0..)
        .map(|([card, number, used, name], at)| {
            let style = if at == 0 { theme.dim } else { Style::new() };
            let text = format!("{card:<gpu$}  {number:>pid$}  {used:>memory$}  {name}");
            Line::from(Span::styled(text, style))
        });
    lines.collect()
}
