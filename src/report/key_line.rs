//! The quiet last line under the bars: which keys do what. It is drawn only once somebody reads keys.

use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// A line under the bars. Clones are the same line.
#[derive(Debug, Clone)]
pub struct KeyLine {
    bars: MultiProgress,
    line: Arc<Mutex<Option<ProgressBar>>>,
}

impl KeyLine {
    /// A line that is not drawn yet.
    #[must_use]
    pub fn new(bars: MultiProgress) -> Self {
        Self {
            bars,
            line: Arc::default(),
        }
    }

    /// Shows these words.
    pub fn show(&self, words: &'static str) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = line.get_or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new_spinner());
            let style = ProgressStyle::with_template("{wide_msg:.dim}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar
        });
        bar.set_message(words);
        bar.tick();
    }

    /// Moves it below bars that were added since.
    pub fn to_the_end(&self) {
        if let Some(bar) = &*self.line.lock().unwrap_or_else(PoisonError::into_inner) {
            self.bars.remove(bar);
            let _ = self.bars.add(bar.clone());
        }
    }

    /// Takes it away.
    pub fn clear(&self) {
        if let Some(bar) = self.line.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
    }
}
