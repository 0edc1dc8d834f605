//! Everything that steers a run of this process, but for signals: words from other shells, and keys.

use super::failure::Failure;
use super::keys::{Keys, Place, Wish};
use super::listening::Listening;
use super::operator::operator;
use super::recorder::Recorder;
use super::session::Session;
use super::settings::state_directory;
use crate::model::event::Event;
use crate::model::order::Order;
use crate::rollout::{Control, HeardOrder};

/// The run is steered until this is dropped.
pub struct Steered {
    _listening: Listening,
    _keys: Option<Keys>,
}

impl Steered {
    /// Begins to hear, for a run with these events so far.
    ///
    /// # Errors
    /// When nothing says where the ledger is.
    pub fn begin(recorder: &Recorder<'_>, events: &[Event], session: &Session<'_>) -> Result<Self, Failure> {
        let state = state_directory(session.options)?;
        let listening = Listening::begin(recorder.run().clone(), events, state, &session.control);
        let (control, by) = (session.control.clone(), operator(session.options.surroundings));
        let keys = recorder
            .key_line()
            .and_then(|line| Keys::begin(Place::Controller, line, move |wish| tell(wish, &control, &by)));
        Ok(Self {
            _listening: listening,
            _keys: keys,
        })
    }
}

fn tell(wish: Wish, control: &Control, by: &str) {
    let order = match wish {
        Wish::Leave => return control.press(),
        Wish::PauseOrContinue if control.is_paused() => Order::Continue,
        Wish::PauseOrContinue => Order::Pause,
        Wish::Promote => Order::Promote,
        Wish::Abort => Order::Abort,
    };
    control.give(HeardOrder {
        order,
        by: by.to_owned(),
        number: None,
    });
}
