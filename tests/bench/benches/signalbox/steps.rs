//! The core: a run's whole history, folded again and again.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use signalbox_domain::run::Run;
use signalbox_domain::step::{Step, fold, step};
use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world::World;

use crate::figures::Figures;
use crate::samples::{Plan, Samples};

/// Folds in one sample, so that a sample is not shorter than the clock is exact.
const FOLDS: u32 = 20;
const PLAN: Plan = Plan { warm: 20, count: 300, within: Duration::from_secs(10) };

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (run, history) = runtime.block_on(async {
        let world = World::default();
        let thread = world.ask("web", "Ana", "the pricing page says $9, it should say $12").await;
        world.pass(Span::minutes(30)).await;
        let run = world.run(&thread).await.context("the story has no run")?;
        let history = world.store.history(&run.id).await?;
        // Only its history is wanted; whether every promise is kept is for the stories to say.
        world.abandon();
        anyhow::Ok((run, history))
    })?;
    let events: Vec<_> = history.into_iter().map(|entry| entry.event).collect();
    ensure!(run.ended(), "the story's run did not end: {:?}", run.state);
    ensure!(fold(None, &run.thread, &events).as_ref() == Some(&run), "folding the history does not give the run");
    let steps = u32::try_from(events.len())?;

    let began = Instant::now();
    let samples = Samples::take(PLAN, || {
        for _ in 0..FOLDS {
            std::hint::black_box(fold(None, &run.thread, std::hint::black_box(&events)));
        }
        Ok(())
    })?;
    let folds = (samples.count() + PLAN.warm) as f64 * f64::from(FOLDS);
    let rate = folds * f64::from(steps) / began.elapsed().as_secs_f64();
    let one = samples.clone().each(FOLDS * steps).at(rate);
    figures.times("one step, of a request that became a change request", &one);
    figures.times(format!("its whole history folded, {steps} steps"), &samples.each(FOLDS));

    let snapshots = snapshots(&run, &events)?;
    let largest = snapshots.iter().max().copied().unwrap_or_default();
    figures.amount(
        "its snapshot as JSON, after the last step",
        snapshots.last().copied().unwrap_or_default() as f64,
        "bytes",
    );
    figures.amount("its largest snapshot", largest as f64, "bytes");
    let encode = Samples::take(PLAN, || {
        std::hint::black_box(serde_json::to_vec(std::hint::black_box(&run))?);
        Ok(())
    })?;
    figures.times("the last snapshot written as JSON", &encode);
    Ok(())
}

/// The bytes of the run as it is stored after each step.
fn snapshots(run: &Run, events: &[signalbox_domain::event::Event]) -> Result<Vec<usize>> {
    let mut made: Option<Run> = None;
    let mut bytes = Vec::new();
    for event in events {
        if let Step::Advanced { run, .. } = step(made.as_ref(), &run.thread, event) {
            bytes.push(serde_json::to_vec(&run)?.len());
            made = Some(run);
        }
    }
    Ok(bytes)
}
