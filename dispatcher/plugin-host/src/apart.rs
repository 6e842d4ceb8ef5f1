//! The plugins of an installation in a process of their own, which knows nothing but plugins and events: whatever a
//! plugin could do to the process it runs in, there is no secret in its memory to take.
//!
//! The process is this same program, started again with an empty environment, and spoken to over its standard input and
//! output. If it ends, it is started again and asked again: calls are pure, so asking twice is asking once. What cannot
//! be answered then is a failure that names itself, never a route.
//!
//! Once it has loaded the plugins it can only read, write and compute ([`confine()`]).

#[cfg(target_os = "linux")]
mod confine;
mod frame;
mod process;
mod serve;

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalbox_domain::id::Digest;
use signalbox_domain::route::{Opinion, Said};
use signalbox_ports::plugins::{About, Event, Fetch, Fetched, Gathered, Plugins, Prefetcher, Scope, Turn};

pub use serve::serve;

use crate::engine;
use crate::host::Config;
use crate::refusal::{Refusal, Refusals};
use frame::{Asked, Opened};
use process::Process;

/// How often a call is made before it is given up: processes that ended in between are started again.
const TRIES: usize = 3;
/// Who speaks where no plugin could.
const NAME: &str = "plugin-host";

/// Gives up, for this process and for good, everything that answering does not take: files, connections, other
/// processes, memory that runs. Says why if that is not possible here.
pub fn confine() -> Result<(), String> {
    #[cfg(target_os = "linux")]
    return confine::confine().map_err(|error| error.to_string());
    #[cfg(not(target_os = "linux"))]
    Err("this system has no way to".to_string())
}

/// The plugins of an installation, apart.
pub struct Apart {
    start: Box<dyn Fn() -> Command + Send + Sync>,
    config: Config,
    cache: String,
    opened: Opened,
    process: Mutex<Option<Process>>,
}

impl Apart {
    /// Starts the process that `start` describes, which has to call [`serve`], and has it load the plugins as
    /// [`Host::open`](crate::Host::open) does.
    pub fn open(
        start: impl Fn() -> Command + Send + Sync + 'static,
        config: Config,
        cache: &Path,
    ) -> Result<Self, Refusals> {
        let failed = |problem: String| Refusals(vec![Refusal { plugin: "every plugin".to_string(), problem }]);
        let cache = cache.to_str().ok_or_else(|| failed(format!("{} is not text", cache.display())))?.to_string();
        let (process, opened) = Process::start(start(), &config, &cache).map_err(failed)?;
        let opened = opened?;
        Ok(Self { start: Box::new(start), config, cache, opened, process: Mutex::new(Some(process)) })
    }

    /// What was not as it should be when it was opened and could be put right, a sentence each, for the operator.
    pub fn remarks(&self) -> &[String] {
        &self.opened.remarks
    }

    /// The plugins, `id@version`, in the order they are asked.
    pub fn names(&self) -> &[String] {
        &self.opened.names
    }

    /// The process, while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Process::id)
    }

    /// Calls into the process, and starts it anew where it has ended.
    fn call<T: DeserializeOwned>(&self, asked: &impl Serialize) -> Result<T, String> {
        let mut kept = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let mut problem = String::new();
        for _ in 0..TRIES {
            let mut process = match kept.take() {
                Some(process) => process,
                None => match Process::start((self.start)(), &self.config, &self.cache) {
                    Ok((process, Ok(_))) => process,
                    Ok((_, Err(refusals))) => return Err(refusals.to_string()),
                    Err(error) => {
                        problem = error;
                        continue;
                    }
                },
            };
            match process.call(asked) {
                Ok(answer) => {
                    *kept = Some(process);
                    return Ok(answer);
                }
                Err(error) => problem = error,
            }
        }
        Err(format!("the process that plugins run in ended {TRIES} times: {problem}"))
    }
}

impl Plugins for Apart {
    fn about(&self) -> About {
        engine::about()
    }

    fn route(&self, event: &Event) -> Vec<Opinion> {
        self.call(&Asked::Route { event }).unwrap_or_else(|error| {
            vec![Opinion {
                router: NAME.to_string(),
                priority: i32::MIN,
                digest: Digest::of(b""),
                settings: None,
                fuel: 0,
                log: Vec::new(),
                said: Said::Failed { error, fail_event: true },
            }]
        })
    }

    fn prefetchers(&self, event: &Event, scope: &Scope) -> Vec<Prefetcher> {
        // Those there are, where it cannot be asked which take part: each then says why it has nothing.
        self.call(&Asked::Prefetchers { event, scope }).unwrap_or_else(|_| self.opened.prefetchers.clone())
    }

    fn gather(&self, prefetcher: &str, event: &Event, scope: &Scope, round: u32, fetched: &[(Fetch, Fetched)]) -> Turn {
        self.call(&Asked::Gather { prefetcher, event, scope, round, fetched }).unwrap_or_else(|error| Turn {
            gave: Gathered::Failed(error),
            fuel: 0,
            log: Vec::new(),
            denied: Vec::new(),
        })
    }
}
