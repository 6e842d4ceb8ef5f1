//! The program that benchmarks start: a box's runner, or a cold start up to the first routed event.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use signalbox_ports::plugins::Plugins as _;

fn main() -> ExitCode {
    let started = Instant::now();
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == "runner") {
        return signalbox_runner::main(words);
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let plugins = match words.as_slice() {
        ["nothing"] => {
            println!("{}", started.elapsed().as_nanos());
            return ExitCode::SUCCESS;
        }
        ["first-route", _, "shipped"] => signalbox_bench::shipped(),
        ["first-route", _, count] => signalbox_bench::routers(count.parse().unwrap_or(1)),
        _ => {
            eprintln!(
                "started by the benchmarks: runner …, nothing, first-route CACHE shipped, first-route CACHE COUNT"
            );
            return ExitCode::from(2);
        }
    };
    match signalbox_bench::open(plugins, Path::new(words[1])) {
        Ok(host) => {
            std::hint::black_box(host.route(&signalbox_bench::event()));
            println!("{}", started.elapsed().as_nanos());
            ExitCode::SUCCESS
        }
        Err(refusals) => {
            eprintln!("{refusals}");
            ExitCode::FAILURE
        }
    }
}
