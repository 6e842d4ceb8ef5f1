//! Somebody of another chat says who they are on GitHub.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use signalbox_domain::time::Span;
use signalbox_github::{LINK, Linked, link_routes};
use signalbox_ports::Error;
use signalbox_ports::forge::{Account, Forge as _};

use crate::world::{Place, SITE};

#[derive(Default)]
struct Told(Mutex<Vec<String>>);

#[async_trait]
impl Linked for Told {
    async fn linked(&self, person: &str) -> Result<(), Error> {
        self.0.lock().unwrap().push(person.to_owned());
        Ok(())
    }
}

struct Browser {
    desk: String,
    told: Arc<Told>,
}

impl Browser {
    async fn new(place: &Place) -> Self {
        let told = Arc::new(Told::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = format!("http://{}{LINK}", listener.local_addr().unwrap());
        let routes = link_routes(&place.github, told.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { desk, told }
    }

    /// Opens the address GitHub sends them back to.
    fn comes_back(&self, code: &str, state: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut page = agent.get(&self.desk).query("code", code).query("state", state).call().unwrap();
        (page.status().as_u16(), page.body_mut().read_to_string().unwrap())
    }

    /// Presses the button of a page.
    fn says_yes(&self, page: &str) -> u16 {
        let ticket = page.split("name=ticket value=\"").nth(1).unwrap().split('"').next().unwrap();
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        agent.post(&self.desk).send_form([("ticket", ticket)]).unwrap().status().as_u16()
    }
}

/// What stands in the address a person is told to begin at.
async fn begins(place: &Place, person: &str) -> String {
    let Account::Unknown { url } = place.github.account(&SITE.into(), person).await.unwrap() else { panic!("known?") };
    assert!(url.starts_with(&format!("{}/login/oauth/authorize?client_id=", place.world.url())), "{url}");
    url.split("&state=").nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_says_yes_and_is_known_from_then_on() {
    let place = Place::new();
    let browser = Browser::new(&place).await;
    let state = begins(&place, "chat:U1").await;
    let code = place.world.authorize("ana", &place.world.app().client_id).unwrap();
    let (status, page) = browser.comes_back(&code, &state);
    assert_eq!(status, 200);
    assert!(page.contains("<strong>ana</strong>") && page.contains("<code>chat:U1</code>"), "{page}");
    assert!(browser.told.0.lock().unwrap().is_empty(), "nothing happens before they say yes");
    assert_eq!(browser.says_yes(&page), 200);
    assert_eq!(*browser.told.0.lock().unwrap(), ["chat:U1"]);
    let known = place.github.account(&SITE.into(), "chat:U1").await.unwrap();
    assert_eq!(known, Account::Known(place.account("ana")));
    assert!(matches!(place.github.account(&SITE.into(), "chat:U2").await, Ok(Account::Unknown { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_old_or_made_up_links_nobody() {
    let place = Place::new();
    let browser = Browser::new(&place).await;
    let state = begins(&place, "chat:U1").await;
    let code = place.world.authorize("ana", &place.world.app().client_id).unwrap();
    assert_eq!(browser.comes_back(&code, "made-up").0, 410);
    assert_eq!(browser.comes_back(&code, &state[1..]).0, 410);
    assert_eq!(browser.comes_back("wrong", &state).0, 503);
    assert_eq!(browser.says_yes(&format!("name=ticket value=\"{state}\"")), 410, "nobody signed in for this one");
    place.clock.advance(Span::hours(25));
    assert_eq!(browser.comes_back(&code, &state).0, 410);
    assert!(matches!(place.github.account(&SITE.into(), "chat:U1").await, Ok(Account::Unknown { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_asks_on_github_is_known_there() {
    let place = Place::new();
    let ana = place.account("ana");
    assert_eq!(place.github.account(&SITE.into(), &ana).await.unwrap(), Account::Known(ana));
}
