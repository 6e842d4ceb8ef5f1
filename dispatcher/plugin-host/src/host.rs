//! The plugins of an installation, loaded and checked.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Map, Value};
use signalbox_domain::id::{Digest, Repository};
use signalbox_domain::route::{Opinion, Said};
use signalbox_ports::plugins::{About, Event, Fetch, Fetched, Gathered, Plugins, Prefetcher, Scope, Turn};
use wasmtime::Engine;

use crate::bindings::{fetching, routing, types};
use crate::cache::Cache;
use crate::component::{self, Ready};
use crate::grant::{self, Policy};
use crate::guest::{Called, call};
use crate::limits::{Bounds, EVENT_FUEL, Limit, PLUGINS};
use crate::manifest::{Manifest, OnError, World};
use crate::pin::Pin;
use crate::refusal::{Refusal, Refusals};
use crate::system::{Begun, System};
use crate::{answer, convert, engine, gather, settings};

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The plugins, in any order.
    pub plugins: Vec<Plugin>,
    /// What prefetchers may fetch at most.
    pub policy: Policy,
    /// Fuel of all routers of an event together, if not [`EVENT_FUEL`]'s default.
    pub event_fuel: Option<u64>,
    /// How many plugins there may be, if not [`PLUGINS`]'s default.
    pub most_plugins: Option<u64>,
}

/// A plugin to load.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// Its `plugin.toml`.
    pub manifest: Cow<'static, str>,
    /// Its component. Never a compiled file: those are made by [`compile`](crate::compile). It may be empty if the pin
    /// names the compiled file, so that where nothing is compiled only that has to be carried.
    pub component: Cow<'static, [u8]>,
    /// The team's settings for it.
    pub settings: Map<String, Value>,
    /// What the lock holds it to. Without one it is believed: the shipped ones are part of this program.
    pub pin: Option<Pin>,
}

/// The plugins of an installation.
///
/// Nothing is kept between calls: each is a fresh instance, so that no event sees anything of another.
pub struct Host {
    engine: Engine,
    policy: Policy,
    event_fuel: u64,
    plugins: Vec<Loaded>,
    remarks: Vec<String>,
    system: Option<Box<dyn System>>,
}

/// A plugin that may run.
pub(crate) struct Loaded {
    pub(crate) manifest: Manifest,
    pub(crate) digest: Digest,
    pub(crate) settings: String,
    pub(crate) settings_digest: Digest,
    pub(crate) ready: Ready,
}

impl Host {
    /// Loads the plugins, all or none; the error names each that was refused, with what its author can do.
    ///
    /// `cache` is a folder for compiled components. It must be this installation's own: what is in it is run.
    pub fn open(config: Config, cache: &Path) -> Result<Self, Refusals> {
        Self::open_on(config, cache, None)
    }

    /// As [`open`](Self::open), for authors who try what they are writing: with a made-up system for components that
    /// import one. What is said there is said nowhere else.
    #[cfg(feature = "development")]
    pub fn develop(config: Config, cache: &Path, system: Box<dyn System>) -> Result<Self, Refusals> {
        Self::open_on(config, cache, Some(system))
    }

    fn open_on(config: Config, cache: &Path, system: Option<Box<dyn System>>) -> Result<Self, Refusals> {
        let failed = |problem: String| Refusals(vec![Refusal { plugin: "every plugin".to_string(), problem }]);
        let engine = engine::open().map_err(|error| failed(format!("the engine did not start: {error:#}")))?;
        let cache = Cache::open(cache).map_err(|error| {
            failed(format!("failed to open the folder {} for compiled plugins: {error}", cache.display()))
        })?;
        let event_fuel = raised("fuel for an event", config.event_fuel, EVENT_FUEL).map_err(failed)?;
        let most = raised("number of plugins", config.most_plugins, PLUGINS).map_err(failed)?;
        if config.plugins.len() as u64 > most {
            return Err(failed(format!("there are {}, and {most} is the most", config.plugins.len())));
        }
        let mut plugins: Vec<Loaded> = Vec::new();
        let mut refusals = Vec::new();
        let mut remarks = Vec::new();
        let mut ids = BTreeSet::new();
        for (loaded, remark) in load_all(&engine, &cache, &config.plugins, system.as_deref()) {
            remarks.extend(remark);
            match loaded {
                Ok(loaded) if !ids.insert(loaded.manifest.id.clone()) => {
                    let problem = "another plugin has the same id; give it one of its own".to_string();
                    refusals.push(Refusal { plugin: loaded.manifest.id, problem });
                }
                Ok(loaded) => plugins.push(loaded),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if !refusals.is_empty() {
            return Err(Refusals(refusals));
        }
        plugins.sort_by(|a, b| (a.manifest.priority, &a.manifest.id).cmp(&(b.manifest.priority, &b.manifest.id)));
        Ok(Self { engine, policy: config.policy, event_fuel, plugins, remarks, system })
    }

    /// What was not as it should be when it was opened and could be put right, a sentence each, for the operator: a
    /// compiled file that had been changed and was compiled anew.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The manifests of the plugins, in the order they are asked.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.plugins.iter().map(|plugin| &plugin.manifest)
    }

    pub(crate) fn loaded(&self) -> &[Loaded] {
        &self.plugins
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Loaded> {
        self.plugins.iter().find(|plugin| plugin.manifest.id == id || plugin.manifest.name() == id)
    }

    fn begin(&self, event: &types::Event) -> Option<Box<dyn Begun>> {
        self.system.as_ref().map(|system| system.begin(event.received_at_ms, event.seed))
    }

    /// Asks a router.
    pub(crate) fn ask(
        &self,
        plugin: &Loaded,
        event: &types::Event,
        settings: &str,
        fuel: u64,
    ) -> Called<routing::Outcome> {
        let bounds = plugin.manifest.bounds();
        let bounds = Bounds { fuel: fuel.min(bounds.fuel), ..bounds };
        #[cfg(test)]
        if let Ready::Next(pre) = &plugin.ready {
            let (start, route) = (|store: &mut _| pre.instantiate(store), crate::next::route);
            return call(&self.engine, bounds, None, start, |it, store| route(it, store, event, settings));
        }
        let Ready::Router(pre) = &plugin.ready else { return wrong_world(plugin) };
        call(
            &self.engine,
            bounds,
            self.begin(event),
            |store| pre.instantiate(store),
            |it, store| it.signalbox_plugin_router().call_route(store, event, settings),
        )
    }

    /// Asks a prefetcher what to fetch.
    pub(crate) fn plan(
        &self,
        plugin: &Loaded,
        event: &types::Event,
        route: &fetching::Route,
        settings: &str,
    ) -> Called<Vec<fetching::Request>> {
        let Ready::Prefetcher(pre) = &plugin.ready else { return wrong_world(plugin) };
        call(
            &self.engine,
            plugin.manifest.bounds(),
            self.begin(event),
            |store| pre.instantiate(store),
            |it, store| it.signalbox_plugin_prefetcher().call_plan(store, event, route, settings),
        )
    }

    /// Asks a prefetcher what it makes of what was fetched.
    pub(crate) fn assemble(
        &self,
        plugin: &Loaded,
        event: &types::Event,
        route: &fetching::Route,
        settings: &str,
        round: u32,
        responses: &[fetching::Response],
    ) -> Called<fetching::Assembled> {
        let Ready::Prefetcher(pre) = &plugin.ready else { return wrong_world(plugin) };
        call(
            &self.engine,
            plugin.manifest.bounds(),
            self.begin(event),
            |store| pre.instantiate(store),
            |it, store| it.signalbox_plugin_prefetcher().call_assemble(store, event, route, settings, round, responses),
        )
    }
}

impl Plugins for Host {
    fn about(&self) -> About {
        engine::about()
    }

    fn route(&self, event: &Event) -> Vec<Opinion> {
        let given = convert::event(event);
        let mut left = self.event_fuel;
        let routers = self.plugins.iter().filter(|plugin| plugin.manifest.world == World::Router);
        routers
            .map(|plugin| {
                let manifest = &plugin.manifest;
                let failed = |error| Said::Failed { error, fail_event: manifest.on_error == OnError::FailEvent };
                let (said, fuel, log) = if !manifest.triggers.match_event(event) {
                    (Said::Untriggered, 0, Vec::new())
                } else if left == 0 {
                    (failed("the routers before it used up the fuel of the event".to_string()), 0, Vec::new())
                } else {
                    let called = self.ask(plugin, &given, &plugin.settings, left);
                    let said = called.gave.and_then(|outcome| {
                        answer::check(&outcome)?;
                        convert::said(outcome, &given)
                    });
                    (said.unwrap_or_else(failed), called.fuel, called.log)
                };
                left = left.saturating_sub(fuel);
                let digest = plugin.digest.clone();
                let settings = Some(plugin.settings_digest.clone());
                Opinion { router: manifest.name(), priority: manifest.priority, digest, settings, fuel, log, said }
            })
            .collect()
    }

    fn prefetchers(&self, event: &Event, scope: &Scope) -> Vec<Prefetcher> {
        let prefetchers = self.plugins.iter().filter(|plugin| plugin.manifest.world == World::Prefetcher);
        prefetchers
            .filter(|plugin| plugin.manifest.triggers.match_scope(event, scope))
            .map(|plugin| Prefetcher {
                name: plugin.manifest.name(),
                digest: plugin.digest.clone(),
                required: plugin.manifest.on_error == OnError::FailEvent,
            })
            .collect()
    }

    fn gather(&self, prefetcher: &str, event: &Event, scope: &Scope, _: u32, fetched: &[(Fetch, Fetched)]) -> Turn {
        let Some(plugin) = self.find(prefetcher) else {
            let gave = Gathered::Failed(format!("there is no prefetcher {prefetcher} here any more"));
            return Turn { gave, fuel: 0, log: Vec::new(), denied: Vec::new() };
        };
        let given = convert::event(event);
        let route = convert::route(scope);
        let known: Vec<Repository> = event.repositories.iter().map(|it| it.name.clone()).collect();
        let bounds = grant::Bounds { place: scope.target.repository.as_ref(), known: &known };
        let spent = RefCell::default();
        let (gave, denied) = gather::replay(
            fetched,
            |fetch| grant::check(fetch, &plugin.manifest.capabilities, &self.policy, bounds),
            || noted(&spent, self.plan(plugin, &given, &route, &plugin.settings)),
            |round, responses| noted(&spent, self.assemble(plugin, &given, &route, &plugin.settings, round, responses)),
        );
        let (fuel, log) = spent.into_inner();
        Turn { gave, fuel, log, denied }
    }
}

/// What a call gave; what it burnt and logged is added to what the calls before it did.
fn noted<T>(spent: &RefCell<(u64, Vec<String>)>, called: Called<T>) -> Result<T, String> {
    let (fuel, log) = &mut *spent.borrow_mut();
    *fuel += called.fuel;
    log.extend(called.log);
    called.gave
}

/// What the operator asks for, or the default.
fn raised(name: &str, asked: Option<u64>, limit: Limit) -> Result<u64, String> {
    match asked {
        Some(asked) if asked == 0 || asked > limit.ceiling => {
            Err(format!("the {name} is set to {asked}, which is outside 1 to {}", limit.ceiling))
        }
        Some(asked) => Ok(asked),
        None => Ok(limit.default),
    }
}

/// A plugin, or why it is refused; and what had to be done anew for it.
type Attempt = (Result<Loaded, Refusal>, Option<String>);

/// Loads each, on as many processors as there are, and gives them in their order.
fn load_all(engine: &Engine, cache: &Cache, plugins: &[Plugin], system: Option<&dyn System>) -> Vec<Attempt> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((place, plugin)) = plugins.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
            let mut remark = None;
            done.push((place, (load(engine, cache, plugin, system, &mut remark), remark)));
        }
        done
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get).min(plugins.len());
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..processors).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, attempt)| attempt).collect()
}

fn load(
    engine: &Engine,
    cache: &Cache,
    plugin: &Plugin,
    system: Option<&dyn System>,
    remark: &mut Option<String>,
) -> Result<Loaded, Refusal> {
    let pin = plugin.pin.as_ref();
    let unread = |problem| {
        let id = plugin.manifest.lines().find_map(|line| line.trim().strip_prefix("id = \"")?.strip_suffix('"'));
        Refusal { plugin: id.unwrap_or("a plugin without an id").to_string(), problem }
    };
    pin.map_or(Ok(()), |pin| pin.check_manifest(&plugin.manifest)).map_err(unread)?;
    let manifest =
        Manifest::parse(&plugin.manifest).map_err(|problem| unread(format!("its plugin.toml is wrong: {problem}")))?;
    let refuse = |problem| Refusal { plugin: manifest.id.clone(), problem };
    pin.map_or(Ok(()), |pin| pin.check_grant(&manifest)).map_err(refuse)?;
    let settings = settings::fill(&manifest.config, &plugin.settings).map_err(refuse)?;
    let component = component::load(engine, cache, &plugin.component, pin, &manifest, system).map_err(refuse)?;
    *remark = component.remark.map(|remark| format!("{}: {remark}", manifest.id));
    let settings_digest = Digest::of(settings.as_bytes());
    Ok(Loaded { digest: component.digest, settings, settings_digest, ready: component.ready, manifest })
}

fn wrong_world<T>(plugin: &Loaded) -> Called<T> {
    let gave = Err(format!("{} is not a plugin of that world", plugin.manifest.id));
    Called { gave, fuel: 0, memory: 0, reported: None, log: Vec::new() }
}
