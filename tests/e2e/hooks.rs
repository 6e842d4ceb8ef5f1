//! A webhook of another system: signed, it begins a run, once.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::program::{PATIENCE, able, until};
use crate::serve::{settings, world};
use crate::town::keep;
use crate::web::Web;

const HOOK: &str = r#"
[[hooks]]
name = "deploys"
signature = "x-deploys-signature"
prefix = "sha256="
key = { pointer = "/deployment/id" }
filters = [{ pointer = "/deployment/state", test = { equals = "failed" } }]
room = "web"
text = "make the greeting friendlier: the deployment of {/deployment/service} failed"
role = "member"
"#;

#[test]
fn a_signed_webhook_begins_a_run_once() {
    if !able() {
        return;
    }
    let world = world(&(settings("sh agent.sh") + HOOK), &[]);
    keep(&world, "[hooks]\ndeploys = [\"a-secret-of-deploys\"]\n");
    let (dispatcher, site) = world.serve();
    let address = format!("{}/hooks/in/deploys", site.url);
    let web = Web::new();
    let failed = r#"{"deployment":{"id":17,"state":"failed","service":"greeter"}}"#;

    let forged = web.post(&address, &[("x-deploys-signature", &signed("another-secret", failed))], failed);
    assert_eq!(forged.0, 401, "{}", forged.1);
    let fine = failed.replace("failed", "done");
    let ignored = web.post(&address, &[("x-deploys-signature", &signed("a-secret-of-deploys", &fine))], &fine);
    assert!(ignored.0 == 200 && ignored.1.contains("ignored"), "{ignored:?}");
    assert_eq!(site.runs().unwrap().len(), 0);

    // Senders send again what they are not sure of.
    let signature = signed("a-secret-of-deploys", failed);
    let first = web.post(&address, &[("x-deploys-signature", &signature)], failed);
    let again = web.post(&address, &[("x-deploys-signature", &signature)], failed);
    assert!(first.0 == 200 && first == again, "{first:?} {again:?}");
    let run = until("the run has ended", PATIENCE, || {
        let runs = site.runs().ok()?;
        runs.into_iter().find(|run| run["state"].to_string().contains("delivered"))
    });
    let text = run["request"]["text"].as_str().unwrap();
    assert!(text.contains("the deployment of greeter failed"), "{text}");
    assert_eq!(site.runs().unwrap().len(), 1);
    world.assert_vacated();
    dispatcher.end();
}

fn signed(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}
