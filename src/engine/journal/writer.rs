//! The writer thread: takes facts as they gather and commits them together. While one commit lasts the next ones gather, so
//! that a slow disk makes larger transactions and not a longer queue. What a task tells that lost its row is left out.

use std::{
    collections::{HashMap, HashSet},
    thread,
};

use rusqlite::Connection;

use crate::domain::{
    plan::Plan,
    progress::{Outcome, TaskId, TaskState},
};

use super::{
    Setup, cut,
    error::JournalError,
    fact, jobs, keep_plan,
    line::Facts,
    owner::{self, Owner},
    partial,
    place::PlaceIds,
    tidy::Tidy,
    vanished,
    write::{Beginning, Begun, Fact, Taking, Write},
};

/// The most facts in one transaction.
const BATCH: usize = 1024;
/// Chunks of a plan between two signs of life of the tasks that run beside it.
const CHUNKS_A_BEAT: usize = 20;

/// Begins the thread; it ends when all senders are gone, or when writing failed, which `complain` is told.
pub(super) fn start(
    connection: Connection,
    facts: Facts,
    (setup, seed): (Setup, u64),
    complain: impl FnOnce(JournalError) + Send + 'static,
) -> Result<(), JournalError> {
    let writer = Writer {
        connection,
        tidy: Tidy::new(setup.keep),
        setup,
        seed,
        open: false,
        durable: false,
        answers: Vec::new(),
        owned: HashMap::new(),
        places: PlaceIds::default(),
        running: HashSet::new(),
        partials: HashSet::new(),
    };
    let work = move || {
        if let Err(error) = writer.run(facts) {
            complain(error);
        }
    };
    let thread = thread::Builder::new().name("journal".to_owned());
    thread.spawn(work).map(drop).map_err(JournalError::NoThread)
}

/// Puts together what lies together in the file; of one thing, what was told first stays first. What a listing saw speaks of
/// many things, and keeps its place among them.
fn gather(batch: &mut [Write]) {
    for told in batch.split_mut(|fact| matches!(fact, Write::Seen(_))) {
        told.sort_by(|one, other| one.lies().cmp(&other.lies()));
    }
}

struct Writer {
    connection: Connection,
    setup: Setup,
    tidy: Tidy,
    /// Names temporary files; another one for each task.
    seed: u64,
    /// A transaction is open.
    open: bool,
    /// Commits reach the medium.
    durable: bool,
    /// Who waits for the commit of what they told.
    answers: Vec<Box<dyn FnOnce() + Send>>,
    /// Whose the tasks are that this transaction told of: nobody else can take them over before its end.
    owned: HashMap<TaskId, bool>,
    places: PlaceIds,
    /// Tasks that this process may own.
    running: HashSet<TaskId>,
    /// Steps whose content may be on its way in parts.
    partials: HashSet<(TaskId, u32)>,
}

impl Writer {
    fn run(mut self, mut facts: Facts) -> Result<(), JournalError> {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            while facts.is_idle() && self.tidies()? {}
            if !facts.take(&mut batch, BATCH) {
                return Ok(());
            }
            self.last(batch.iter().any(Write::must_last))?;
            gather(&mut batch);
            for fact in batch.drain(..) {
                self.take(fact)?;
            }
            self.commit()?;
        }
    }

    /// Cleans up a little; false where nothing is left to clean.
    fn tidies(&mut self) -> Result<bool, JournalError> {
        self.begin()?;
        let some = self.tidy.some(&self.connection, self.setup.clock.now())?;
        self.commit()?;
        Ok(some)
    }

    /// Whether the next commits must reach the medium.
    fn last(&mut self, durable: bool) -> Result<(), JournalError> {
        if self.durable != durable {
            let level = if durable { "FULL" } else { "NORMAL" };
            self.connection.pragma_update(None, "synchronous", level)?;
            self.durable = durable;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), JournalError> {
        if !self.open {
            // A transaction that begins by reading cannot always go on to write beside another program's.
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.open = true;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), JournalError> {
        if self.open {
            self.connection.execute_batch("COMMIT")?;
            self.open = false;
            self.owned.clear();
        }
        self.answers.drain(..).for_each(|answer| answer());
        Ok(())
    }

    /// Lets somebody know after the commit; one who no longer waits misses nothing.
    fn after(&mut self, tell: impl FnOnce() + Send + 'static) {
        self.answers.push(Box::new(tell));
    }

    fn take(&mut self, fact: Write) -> Result<(), JournalError> {
        if let Write::Settle(answer) = fact {
            self.after(move || answer.send(()).unwrap_or_default());
            return Ok(());
        }
        self.begin()?;
        let to = &self.connection;
        match fact {
            Write::Begin(beginning) => self.take_in(beginning),
            Write::Take { task, answer } => self.take_over(task, answer),
            Write::Proof { places, proof } => fact::proven(to, &mut self.places, (&places, &proof)),
            Write::Cut { places, key, cut } => {
                cut::keep(to, &mut self.places, (&places, &key, &cut))
            }
            Write::CutOf {
                places,
                key,
                answer,
            } => {
                let cut = cut::read(to, (&places, &key))?;
                self.after(move || answer.send(cut).unwrap_or_default());
                Ok(())
            }
            Write::Gone { places, key } => fact::gone(to, &places, &key),
            Write::Seen(seen) => vanished::forget(to, &seen),
            Write::Beat { pulse, answer } => {
                let heard = owner::beat(to, self.me(), &pulse)?;
                self.after(move || answer.send(heard).unwrap_or_default());
                Ok(())
            }
            Write::Ask { task, wish } => owner::ask(to, task, wish),
            Write::Priority { task, priority } => fact::priority(to, task, priority),
            Write::Settle(_) => Ok(()),
            Write::OfTask { task, fact } => {
                if self.owns(task)? {
                    self.take_of_task(task, fact)?;
                }
                Ok(())
            }
        }
    }

    /// Whether a task is still ours.
    fn owns(&mut self, task: TaskId) -> Result<bool, JournalError> {
        if let Some(ours) = self.owned.get(&task) {
            return Ok(*ours);
        }
        let ours = owner::owns(&self.connection, &self.setup.owner, task)?;
        self.owned.insert(task, ours);
        Ok(ours)
    }

    /// Who owns what begins here, and the time.
    fn me(&self) -> (&Owner, i64) {
        (&self.setup.owner, self.setup.clock.now())
    }

    /// Takes a new task in, with its whole plan.
    fn take_in(&mut self, beginning: Beginning) -> Result<(), JournalError> {
        let Beginning {
            brief,
            plan,
            flags,
            check,
            answer,
        } = beginning;
        self.seed = self
            .seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(1);
        let seed = self.seed;
        let head = plan.as_deref().map(keep_plan::head_of);
        let row = fact::Row {
            brief: &brief,
            head: head.as_ref(),
            flags: &flags,
            check: check.as_ref(),
            seed,
        };
        let task = fact::begin(&self.connection, self.me(), &row)?;
        self.running.insert(task);
        if let Some((plan, head)) = plan.zip(head) {
            self.keep_plan(task, &plan, &head)?;
        }
        self.after(move || answer.send(Ok(Begun { task, seed })).unwrap_or_default());
        Ok(())
    }

    /// Makes a task ours that nobody runs.
    fn take_over(&mut self, task: TaskId, answer: Taking) -> Result<(), JournalError> {
        let to = &self.connection;
        let taken = owner::take(to, self.me(), task)?;
        self.owned.remove(&task);
        if taken.is_ok() {
            let open = partial::read(to, task)?;
            self.partials
                .extend(open.into_keys().map(|seq| (task, seq)));
            self.running.insert(task);
        }
        let begun = taken.map(|seed| Begun { task, seed });
        self.after(move || answer.send(begun).unwrap_or_default());
        Ok(())
    }

    /// Takes what the owner of a task tells.
    fn take_of_task(&mut self, task: TaskId, fact: Fact) -> Result<(), JournalError> {
        let (to, now) = (&self.connection, self.setup.clock.now());
        match fact {
            Fact::Ended(step) => {
                fact::outcome(to, task, &step)?;
                let well = !matches!(step.outcome, Outcome::Failed(_));
                if well && self.partials.remove(&(task, step.seq)) {
                    partial::forget(to, (task, step.seq), None)?;
                }
                Ok(())
            }
            Fact::State(state, reason) => self.enter(task, state, reason.as_deref()),
            Fact::Recounted(recount) => fact::recounted(to, task, &recount),
            Fact::Partial {
                seq,
                handle,
                part_size,
                answer,
            } => {
                partial::begin(to, (task, seq), (&handle, part_size), now)?;
                self.partials.insert((task, seq));
                self.after(move || answer.send(()).unwrap_or_default());
                Ok(())
            }
            Fact::Part { seq, number, part } => partial::arrived(to, (task, seq, number), &part),
            Fact::PartialOver { seq, handle } => partial::forget(to, (task, seq), Some(&handle)),
            Fact::Job(job) => jobs::keep(to, task, &job),
        }
    }

    fn enter(
        &mut self,
        task: TaskId,
        state: TaskState,
        reason: Option<&str>,
    ) -> Result<(), JournalError> {
        let to = &self.connection;
        if state == TaskState::Interrupted {
            owner::release(to, self.me().0, task)?;
            self.owned.remove(&task);
        } else {
            fact::enter(to, task, (state, reason), self.me().1)?;
        }
        if state.is_over() {
            self.running.remove(&task);
        }
        if state == TaskState::Done {
            self.tidy.over();
        }
        Ok(())
    }

    /// Writes a plan in transactions of its own, so that others who write wait for none of them long.
    fn keep_plan(&mut self, task: TaskId, plan: &Plan, head: &Plan) -> Result<(), JournalError> {
        let mut buffer = Vec::with_capacity(512);
        for (at, step) in keep_plan::steps(plan).enumerate() {
            if at > 0 && at % keep_plan::CHUNK == 0 {
                self.commit()?;
                self.begin()?;
            }
            if at % (keep_plan::CHUNK * CHUNKS_A_BEAT) == 0 {
                self.live()?;
            }
            keep_plan::keep_step(&self.connection, task.0, step, &mut buffer)?;
        }
        keep_plan::keep_head(&self.connection, task.0, head)
    }

    /// The tasks of this process are alive, though they cannot be heard for a while.
    fn live(&self) -> Result<(), JournalError> {
        let now = self.setup.clock.now();
        for task in &self.running {
            fact::alive(&self.connection, (&self.setup.owner, now), *task)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::{collection::vec, prelude::*};

    use super::{Fact, TaskId, TaskState, Write, gather};
    use crate::domain::{key::Key, location::Location};
    use crate::engine::journal::place::Ends;

    fn ends() -> Arc<Ends> {
        let bucket = |name: &str| format!("s3://{name}").parse::<Location>().unwrap();
        Ends::of(&bucket("one"), &bucket("other"))
    }

    /// What a task was told, in its order.
    fn reasons(batch: &[Write], task: TaskId) -> Vec<&str> {
        let mut told = Vec::new();
        for write in batch {
            if let Write::OfTask {
                task: of,
                fact: Fact::State(_, Some(why)),
            } = write
                && *of == task
            {
                told.push(&**why);
            }
        }
        told
    }

    proptest! {
        #[test]
        fn what_lies_together_comes_together_and_of_one_task_in_its_order(
            told in vec((0..5_u64, "[a-c]{1,2}"), 0..60),
        ) {
            let places = [ends(), ends()];
            let write = |(at, (kind, name)): (usize, &(u64, String))| match kind {
                0 | 1 => Write::Gone {
                    places: Arc::clone(&places[usize::from(*kind == 0)]),
                    key: Key::from(&**name),
                },
                _ => Write::OfTask {
                    task: TaskId(*kind),
                    fact: Fact::State(TaskState::Running, Some(at.to_string().into())),
                },
            };
            let make = || -> Vec<Write> { told.iter().enumerate().map(write).collect() };
            let (before, mut batch) = (make(), make());
            gather(&mut batch);
            for task in (2..5).map(TaskId) {
                prop_assert_eq!(reasons(&before, task), reasons(&batch, task));
            }
            prop_assert!(batch.is_sorted_by(|one, other| one.lies() <= other.lies()));
        }
    }
}
