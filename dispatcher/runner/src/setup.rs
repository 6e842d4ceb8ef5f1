//! What a repository has done before and after the work of each phase.

use std::collections::BTreeMap;

use signalbox_domain::devbox::End;

use crate::drive::{Driven, Seat, Start, Undriven};
use crate::gateway::Gate;
use crate::git::tail;
use crate::transcript::Transcript;
use crate::watch::Seen;

/// The end of what a script printed that is told, in bytes.
const TOLD: usize = 1_000;

impl Seat<'_> {
    /// Runs `setup`, unless all it makes is kept from before, and `before`. If one of them is broken off, so is the work.
    pub(crate) fn make_ready(
        &self,
        gate: &mut Option<Gate>,
        transcript: &mut Transcript,
    ) -> Result<Option<Driven>, Undriven> {
        let said = &self.cell.profile.said;
        for (name, script) in [("setup", &said.setup), ("before", &said.before)] {
            let Some(script) = script else { continue };
            if name == "setup" && self.cell.caches.are_warm() {
                transcript.note("setup: everything it makes is kept from before")?;
                continue;
            }
            let seen = self.script(script, gate, transcript)?;
            match seen.ended {
                Ok(0) if name == "setup" => self.cell.caches.keep(self.cell)?,
                Ok(0) => {}
                Ok(code) => return Err(Undriven::Set(failed(name, code, &seen))),
                Err(_) => return Ok(Some(Driven { seen, end: None })),
            }
        }
        Ok(None)
    }

    /// Runs `after`, if the work ended well. Its failing is the work's.
    pub(crate) fn look_after(
        &self,
        driven: Driven,
        gate: &mut Option<Gate>,
        transcript: &mut Transcript,
    ) -> Result<Driven, Undriven> {
        let Some(script) = self.cell.profile.said.after.as_ref().filter(|_| driven.ended_well()) else {
            return Ok(driven);
        };
        let seen = self.script(script, gate, transcript)?;
        Ok(match seen.ended {
            Ok(0) => driven,
            Ok(code) => {
                let detail = failed("after", code, &seen);
                Driven { end: Some(End::Broken { transient: false, detail }), ..driven }
            }
            Err(_) => Driven { seen: Seen { ended: seen.ended, ..driven.seen }, end: None },
        })
    }

    fn script(&self, script: &str, gate: &mut Option<Gate>, transcript: &mut Transcript) -> Result<Seen, Undriven> {
        let command = ["/bin/sh", "-euc", script].map(str::to_owned).into();
        self.run(Start { command, env: BTreeMap::new(), home: None, input: Vec::new() }, None, gate, transcript)
    }
}

fn failed(name: &str, code: i32, seen: &Seen) -> String {
    let why = if seen.reached.is_empty() { String::new() } else { format!("; {}", seen.reached.join("; ")) };
    let said = tail(seen.summary.trim(), TOLD);
    let said = if said.is_empty() { String::new() } else { format!(". It said at its end: {said}") };
    format!("`{name}` of the repository's .signalbox/devbox.yaml exited with {code}{why}{said}")
}
