//! What a plugin takes, measured on this machine, beside what it may take.

use std::time::{Duration, Instant};

use signalbox_plugin_host::limits::Bounds;

use crate::error::Error;
use crate::expectation;
use crate::project::Project;
use crate::trying::Trying;

/// How often each case is called.
const ROUNDS: usize = 50;

/// What a plugin takes.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Bytes of the component.
    pub component: u64,
    /// How long it took to compile and load it.
    pub compiling: Duration,
    /// How long it takes to load it, compiled.
    pub loading: Duration,
    /// How often it was called.
    pub calls: usize,
    /// The least, the usual and the longest time of a call, with reading the event.
    pub took: [Duration; 3],
    /// The most fuel a call burnt.
    pub fuel: u64,
    /// The most memory a call had.
    pub memory: u64,
    /// What a call is held to.
    pub bounds: Bounds,
}

/// Measures a plugin by its cases.
pub fn bench(project: &Project) -> Result<Measured, Error> {
    let component = project.component()?.len() as u64;
    let began = Instant::now();
    drop(project.fresh_host()?);
    let compiling = began.elapsed();
    let began = Instant::now();
    let trying = Trying::open(project)?;
    let loading = began.elapsed();

    let folder = project.at("cases");
    let base = expectation::base(&folder)?;
    let mut calls = Vec::new();
    for file in expectation::files(&folder)? {
        for (name, parts) in &file.cases {
            let (question, _) = file.question(name, parts, &base)?;
            for _ in 0..ROUNDS {
                calls.extend(trying.ask(&question)?.calls);
            }
        }
    }
    calls.sort_by_key(|call| call.took);
    let (Some(least), Some(usual), Some(longest)) = (calls.first(), calls.get(calls.len() / 2), calls.last()) else {
        return Err(Error::wrong(format!("{} holds no case to measure", folder.display())));
    };
    Ok(Measured {
        component,
        compiling,
        loading,
        calls: calls.len(),
        took: [least.took, usual.took, longest.took],
        fuel: calls.iter().map(|call| call.fuel).max().unwrap_or_default(),
        memory: calls.iter().map(|call| call.memory).max().unwrap_or_default(),
        bounds: project.manifest.bounds(),
    })
}
