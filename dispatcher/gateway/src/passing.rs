//! An answer on its way back: read along, timed, and settled when it is over, however it ends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Sleep;

use crate::event::{Call, Event, Settled, Trouble};
use crate::ledger::Hold;
use crate::meter::Meter;
use crate::money::Money;
use crate::prices::Price;

/// A body that passes.
pub(crate) struct Passing {
    inner: Incoming,
    pause: Duration,
    timer: Pin<Box<Sleep>>,
    open: Option<Open>,
}

/// A call that is not over.
pub(crate) struct Open {
    pub(crate) meter: Meter,
    pub(crate) bill: Option<(Hold, Price)>,
    pub(crate) call: Call,
    pub(crate) since: Instant,
    pub(crate) events: UnboundedSender<Event>,
}

impl Passing {
    /// Passes `inner` on, as long as it does not pause for longer than `pause`.
    pub(crate) fn new(inner: Incoming, pause: Duration, open: Option<Open>) -> Self {
        Self { inner, pause, timer: Box::pin(tokio::time::sleep(pause)), open }
    }

    fn over(&mut self, trouble: Option<Trouble>) {
        if let Some(open) = self.open.take() {
            open.close(trouble);
        }
    }
}

impl Body for Passing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Poll::Ready(next) = Pin::new(&mut self.inner).poll_frame(context) else {
            ready!(self.timer.as_mut().poll(context));
            self.over(Some(Trouble::TimedOut));
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        };
        match next {
            Some(Ok(frame)) => {
                let deadline = tokio::time::Instant::now() + self.pause;
                self.timer.as_mut().reset(deadline);
                if let (Some(open), Some(data)) = (&mut self.open, frame.data_ref()) {
                    open.meter.feed(data);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                self.over(Some(Trouble::Cut));
                Poll::Ready(Some(Err(io::Error::other(error))))
            }
            None => {
                self.over(None);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.open.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.over(Some(Trouble::Left));
    }
}

/// A call that was not answered yet. Dropped, whoever asked has hung up.
pub(crate) struct Asked(Option<Open>);

impl Asked {
    pub(crate) fn new(open: Open) -> Self {
        Self(Some(open))
    }

    /// It was answered.
    pub(crate) fn answered(mut self) -> Option<Open> {
        self.0.take()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.close(Some(Trouble::Left));
        }
    }
}

impl Open {
    /// Settles what the call cost: as the provider counted it, or, if it did not say, everything that was set aside.
    pub(crate) fn close(self, trouble: Option<Trouble>) {
        let Self { meter, bill, mut call, since, events } = self;
        let (tokens, complete, told) = meter.end();
        (call.tokens, call.took) = (tokens, since.elapsed());
        // Who has everything hangs up.
        let left = trouble == Some(Trouble::Left) && complete;
        call.trouble = told.or(trouble.filter(|_| !left));
        (call.cost, call.settled) = match bill {
            None => (Money::ZERO, Settled::Free),
            Some((hold, price)) if complete => {
                let cost = price.cost(&tokens);
                hold.settle(cost);
                (cost, Settled::Counted)
            }
            Some((hold, _)) => (hold.amount(), Settled::Reserved),
        };
        // Nobody has to listen.
        let _ = events.send(Event::Call(call));
    }
}
