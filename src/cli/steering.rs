//! Says a word to a run from another shell, and waits until its controller has heard it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::arguments::{Format, GlobalOptions};
use super::exit::Exit;
use super::failure::{CommandResult, Failure};
use super::operator::operator;
use super::printer::Printer;
use super::runs::{OpenRun, to_steer};
use super::settings::state_directory;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::event::EventKind;
use crate::model::order::{GivenOrder, Order};
use crate::report::document::{Document, OrderBody};
use crate::report::page::{Page, Tone};

/// How long the controller is given to hear a word. It looks about twice a second.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// What became of a word.
enum Heard {
    /// The controller obeys it.
    Obeyed,
    /// The controller has recorded it, and it changes nothing, for the reason.
    Ignored(String),
    /// No controller recorded it within [`HEARD_WITHIN`].
    NotYet,
}

/// Says a word to the run that is named, or to the only one there is.
///
/// # Errors
/// When there is no such run, it has ended for good, or nobody carries it out and the word needs somebody.
pub async fn say(order: Order, name: Option<&str>, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let mut ledger = SqliteLedger::open(&state_directory(options)?)?;
    let run = to_steer(name, order.as_str(), &ledger)?;
    say_to(order, &run, &mut ledger, options, printer).await
}

/// Says a word to this run.
///
/// # Errors
/// When nobody carries it out and the word needs somebody, or the ledger cannot be written.
pub async fn say_to(
    order: Order,
    run: &OpenRun,
    ledger: &mut SqliteLedger,
    options: &GlobalOptions,
    printer: &Printer,
) -> CommandResult {
    refuse_unattended(order, run)?;
    let given = ledger.give_order(&run.line.run, order, &operator(options.surroundings), Timestamp::now())?;
    let heard = wait(&given, run, ledger).await?;
    tell(&given, run, &heard, printer)?;
    Ok(match heard {
        Heard::Ignored(_) => Exit::Usage,
        Heard::Obeyed | Heard::NotYet => Exit::Done,
    })
}

/// Nobody can pause what stands still.
fn refuse_unattended(order: Order, run: &OpenRun) -> Result<(), Failure> {
    if run.is_held || order != Order::Pause {
        return Ok(());
    }
    Err(Failure::usage(
        format!("nobody carries out run {} now: it stands still already", run.line.run),
        format!("`patchwave resume {}` goes on with it", run.line.run),
    ))
}

async fn wait(given: &GivenOrder, run: &OpenRun, ledger: &SqliteLedger) -> Result<Heard, Failure> {
    let began = Instant::now();
    let mut seen = 0;
    while run.is_held && began.elapsed() < HEARD_WITHIN {
        for event in ledger.events_after(&run.line.run, seen)? {
            seen = event.sequence;
            if let EventKind::Ordered { number, ignored, .. } = event.kind
                && number == Some(given.number)
            {
                return Ok(ignored.map_or(Heard::Obeyed, Heard::Ignored));
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(Heard::NotYet)
}

fn tell(given: &GivenOrder, run: &OpenRun, heard: &Heard, printer: &Printer) -> Result<(), Failure> {
    let id = &run.line.run;
    let (tone, words) = match heard {
        Heard::Obeyed => (Tone::Good, obeyed_in_words(given.order).to_owned()),
        Heard::Ignored(why) => (Tone::Warning, format!("nothing was changed: {why}")),
        Heard::NotYet => (Tone::Warning, unheard_in_words(given.order, run)),
    };
    if matches!(printer.format, Format::Json | Format::Jsonl) {
        let (heard, ignored) = match heard {
            Heard::Obeyed => (true, None),
            Heard::Ignored(why) => (true, Some(why.as_str())),
            Heard::NotYet => (false, None),
        };
        let body = OrderBody {
            run: id,
            order: given,
            heard,
            ignored,
        };
        printer.document(&Document::new(given.order.as_str(), body))?;
        return Ok(());
    }
    let mut page = Page::new();
    page.line(format!("run {id}: {words}"), tone);
    printer.page(&page)?;
    Ok(())
}

fn obeyed_in_words(order: Order) -> &'static str {
    match order {
        Order::Pause => "no further host starts; running ones end, and a soak goes on by the clock",
        Order::Continue => "it goes on",
        Order::Promote => "what it waited for counts as passed",
        Order::Abort => {
            "no further host starts, running ones end, what has to be undone is undone; it cannot be resumed"
        }
    }
}

fn unheard_in_words(order: Order, run: &OpenRun) -> String {
    let id = &run.line.run;
    let kept = if run.is_held {
        "whoever carries it out has not answered within 5 s; the word is kept"
    } else {
        "nobody carries it out now; the word is kept"
    };
    match order {
        Order::Abort => format!(
            "{kept}: `patchwave resume {id}` looks after hosts that were begun, undoes what has to be undone, and closes it"
        ),
        _ => format!("{kept} for `patchwave resume {id}`"),
    }
}
