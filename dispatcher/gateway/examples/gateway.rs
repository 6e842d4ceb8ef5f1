//! A gateway to try agents on: `gateway ADDRESS UPSTREAM CAP [GRANT…]` lets them reach the models at UPSTREAM (one that
//! takes any key, such as `signalbox-world-model`) and the hosts that are granted (`private …`: even at an address that is not public), and prints what happens.

use std::sync::Arc;

use signalbox_gateway::{Event, Gateway, Host, Keys, Ledger, Money, Prices, Protocol, Provider, Rules, Setup, serve};
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, upstream, cap, grants @ ..] = arguments.as_slice() else {
        return Err("it is started as `gateway ADDRESS UPSTREAM CAP [GRANT…]`".into());
    };
    let named = [
        ("anthropic", vec![Protocol::Messages]),
        ("openai", vec![Protocol::Responses, Protocol::Chat]),
        ("gemini", vec![Protocol::Gemini]),
    ];
    let mut rules = Rules::default();
    for (name, protocols) in named {
        rules.providers.push(Provider { name: name.to_owned(), protocols, upstream: upstream.parse()? });
    }
    for grant in grants {
        // In a network of one's own, names lead to addresses of its own.
        let host = match grant.strip_prefix("private ") {
            Some(grant) => grant.parse::<Host>()?.private(),
            None => grant.parse()?,
        };
        rules.hosts.push(host);
    }
    let credentials = Keys::new()
        .header("anthropic", "x-api-key".parse()?, "the-real-key")
        .bearer("openai", "the-real-key")
        .header("gemini", "x-goog-api-key".parse()?, "the-real-key");
    let (sender, mut events) = unbounded_channel();
    let dollars: f64 = cap.parse()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dollars")]
    let ledger = Ledger::new(Money::micro_usd((dollars * 1e6) as u64));
    let setup = Setup {
        rules,
        prices: Prices::shipped(),
        ledger: ledger.clone(),
        credentials: Arc::new(credentials),
        events: sender,
    };
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let server = tokio::spawn(serve(listener, Gateway::new(setup)?));
    while let Some(event) = events.recv().await {
        match event {
            Event::Call(call) => println!(
                "call {} {} {:?} status {:?} {:?} cost {} ({:?}) trouble {:?} cut {:?}; spent {} of {}",
                call.provider,
                call.model,
                call.class,
                call.status,
                call.tokens,
                call.cost,
                call.settled,
                call.trouble,
                call.cut_to,
                ledger.spent(),
                ledger.cap()
            ),
            other @ (Event::Fetch(_) | Event::Tunnel(_) | Event::Refused(_)) => println!("{other:?}"),
        }
    }
    server.abort();
    Ok(())
}
