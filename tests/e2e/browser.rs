//! A real Chromium, driven as a person would: what is seen is what is on the page, what is done is keys and clicks.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

use crate::program::PATIENCE;

/// Nothing that a browser does on its own; and it runs as root in containers.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// What is on a desk, or in a hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Desk,
    Phone,
}

/// A browser with one page.
pub(crate) struct Browser {
    page: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// A fresh browser, at that address.
    pub(crate) async fn open(address: &str, screen: Screen) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is needed: apt-get install chromium chromium-driver");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port =
            lines.find_map(|line| Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned()));
        let port = port.expect("chromedriver says its port");
        std::thread::spawn(move || lines.for_each(drop));

        let profile = tempfile::Builder::new().prefix("signalbox-e2e-browser-").tempdir().unwrap();
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        arguments.push("--window-size=1280,900".to_owned());
        let mut options = json!({ "args": arguments });
        if screen == Screen::Phone {
            let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true, "mobile": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let mut wanted = Capabilities::new();
        wanted.insert("goog:chromeOptions".to_owned(), options);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let page = builder.capabilities(wanted).connect(&format!("http://127.0.0.1:{port}")).await.unwrap();
        page.goto(address).await.unwrap();
        Self { page, driver, _profile: profile }
    }

    /// The first element that `css` names, once there is one.
    pub(crate) async fn see(&self, css: &str) -> Element {
        self.page.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await.unwrap_or_else(|_| panic!("no `{css}`"))
    }

    /// What the element says, once it says `words`.
    pub(crate) async fn read(&self, css: &str, words: &str) -> String {
        let since = Instant::now();
        loop {
            let text = self.text(css).await;
            if text.contains(words) {
                return text;
            }
            assert!(since.elapsed() < PATIENCE, "`{css}` never says `{words}`, but: {text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What everything that `css` names says now.
    pub(crate) async fn text(&self, css: &str) -> String {
        let script = "return [...document.querySelectorAll(arguments[0])].map((it) => it.innerText).join('\\n')";
        let text = self.page.execute(script, vec![json!(css)]).await.unwrap();
        text.as_str().unwrap().to_owned()
    }

    /// How many there are now of what `css` names.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.page.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Clicks on the button or link inside `css` that says `label`, once it is there.
    pub(crate) async fn click(&self, css: &str, label: &str) {
        let since = Instant::now();
        loop {
            // Asked anew each time: the page replaces what changes.
            for element in self.page.find_all(Locator::Css(css)).await.unwrap() {
                let words = element.text().await.unwrap_or_default();
                if words.contains(label) && element.click().await.is_ok() {
                    return;
                }
            }
            assert!(since.elapsed() < PATIENCE, "nothing to click that says `{label}` in `{css}`");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Types, wherever the keyboard is.
    pub(crate) async fn type_keys(&self, keys: &str) {
        self.page.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Where it is now.
    pub(crate) async fn path(&self) -> String {
        self.page.current_url().await.unwrap().path().to_owned()
    }

    /// Goes there, as from the address bar.
    pub(crate) async fn go(&self, address: &str) {
        self.page.goto(address).await.unwrap();
    }

    /// What sticks out to the right of the screen: nothing should.
    pub(crate) async fn overhang(&self) -> Vec<String> {
        let script = "const wide = document.documentElement.scrollWidth > innerWidth;
            return !wide ? [] : [...document.querySelectorAll('body *')]
                .filter((it) => it.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
                .map((it) => `${it.tagName}.${it.className}: ${Math.round(it.getBoundingClientRect().right)} of ${innerWidth}`)";
        let found = self.page.execute(script, Vec::new()).await.unwrap();
        let found = found.as_array().cloned().unwrap_or_default();
        found.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
    }

    /// By how many pixels the page is higher than the screen: only its parts scroll.
    pub(crate) async fn excess(&self) -> i64 {
        let script = "return document.documentElement.scrollHeight - innerHeight";
        self.page.execute(script, Vec::new()).await.unwrap().as_i64().unwrap()
    }

    /// Keeps a picture of the page, if `$SIGNALBOX_SHOTS` names a folder for them.
    pub(crate) async fn shoot(&self, name: &str) {
        if let Some(folder) = std::env::var_os("SIGNALBOX_SHOTS") {
            let picture = self.page.screenshot().await.unwrap();
            std::fs::write(Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
        }
    }

    /// Ends it.
    pub(crate) async fn close(self) {
        self.page.clone().close().await.unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
