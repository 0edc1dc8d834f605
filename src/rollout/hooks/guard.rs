//! A piece of work whose panic is an error of the host: what comes after it, the undoing of hooks, is done all the same.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::model::error::{ErrorCode, HostError};

/// Does the work. What it borrows is looked at afterwards only to undo and to report.
pub(in crate::rollout) async fn guarded(work: impl Future<Output = Result<(), HostError>>) -> Result<(), HostError> {
    let mut work = pin!(work);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(poll) => poll,
            Err(_) => Poll::Ready(Err(HostError::new(
                ErrorCode::Internal,
                "the host's turn ended without a result",
                "this is a fault of patchwave: please report it",
            ))),
        },
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let error = guarded(async {
            tokio::task::yield_now().await;
            panic!("a test");
        })
        .await
        .unwrap_err();
        assert_eq!(error.code, ErrorCode::Internal);
        assert!(guarded(async { Ok(()) }).await.is_ok());
    }
}
