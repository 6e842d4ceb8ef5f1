//! One call of a model: read, priced, provided for, sent on with the real credential, and metered on its way back.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};

use crate::body::{self, Said};
use crate::event::{Call, Class, Settled, Trouble, Why};
use crate::gateway::{Asked as Inward, Body, Gateway, whole};
use crate::headers;
use crate::ledger::{Ask, Hold, Short};
use crate::meter::Meter;
use crate::money::Money;
use crate::passing::{Asked, Open, Passing};
use crate::prices::Price;
use crate::protocol::{Endpoint, Protocol};
use crate::refusal::Refusal;
use crate::rules::Provider;
use crate::tokens::Tokens;
use crate::trouble::trouble;

/// The most of a provider's refusal that is passed on, in bytes.
const REFUSAL_BYTES: usize = 1 << 20;

/// How long to wait before a broker that was not there is looked for again.
const AGAIN: Duration = Duration::from_millis(200);

/// Answers a request for `path` of `provider`. `protocol` is set as soon as it is known in which a refusal is understood.
pub(crate) async fn call(
    gateway: &Gateway,
    provider: &Provider,
    path: &str,
    request: Request<Inward>,
    protocol: &mut Option<Protocol>,
) -> Result<Response<Body>, Refusal> {
    *protocol = provider.protocols.first().copied();
    let (head, incoming) = request.into_parts();
    if path == "/" && [Method::GET, Method::HEAD].contains(&head.method) {
        // Some ask whether somebody is there.
        return Ok(Response::new(whole(Bytes::new())));
    }
    let endpoint = provider.protocols.iter().find_map(|protocol| protocol.endpoint(head.method.as_str(), path));
    let Some(endpoint) = endpoint else {
        let words =
            format!("`{} {path}` of {} is not granted: an agent needs its models only", head.method, provider.name);
        return Err(Refusal::new(Why::NotGranted, words));
    };
    *protocol = Some(endpoint.protocol);
    if headers::encoded(&head.headers) {
        return Err(Refusal::new(Why::Malformed, "a compressed body is not read here: send it plain"));
    }
    let bytes = gateway.read(incoming).await?;
    let mut sent = headers::call(&head.headers);
    let name = &provider.name;
    gateway
        .0
        .credentials
        .add(name, &mut sent)
        .await
        .map_err(|error| Refusal::new(Why::Credential, error.to_string()))?;
    let query = headers::call_query(head.uri.query());
    let whereto = || upstream(gateway, provider, path, &query);
    // Looked at before money is set aside: a path that makes no address is nobody's call.
    whereto()?;
    let since = Instant::now();
    let mut call = Call {
        provider: provider.name.clone(),
        model: String::new(),
        class: endpoint.class,
        status: None,
        tokens: Tokens::default(),
        cost: Money::ZERO,
        settled: Settled::Free,
        cut_to: None,
        trouble: None,
        took: Duration::ZERO,
    };
    let (bytes, bill) = if endpoint.class == Class::Models {
        (Bytes::new(), None)
    } else {
        let streamed = path.ends_with(":streamGenerateContent");
        let said = body::read(endpoint.protocol, endpoint.class, endpoint.model.as_deref(), streamed, &bytes)?;
        call.model.clone_from(&said.model);
        let price = priced(gateway, &said.model)?;
        if endpoint.class == Class::Say {
            let (bytes, hold, cut_to) = provided(gateway, &endpoint, &said, &price, &bytes).await?;
            call.cut_to = cut_to;
            (bytes, Some((hold, price)))
        } else {
            (bytes, None)
        }
    };
    let meter = Meter::new(endpoint.protocol, false);
    let open = Open { meter, bill, call, since, events: gateway.0.events.clone() };
    send(gateway, &endpoint, (head.method, sent, bytes), &whereto, open).await
}

/// Where the request goes: to the provider, or to the broker in its place.
fn upstream(gateway: &Gateway, provider: &Provider, path: &str, query: &str) -> Result<Uri, Refusal> {
    let address = match gateway.0.credentials.broker() {
        Some(Ok(broker)) => format!("{}/{}{path}{query}", broker.to_string().trim_end_matches('/'), provider.name),
        Some(Err(nobody)) => return Err(Refusal::new(Why::Credential, nobody.to_string())),
        None => format!("{}{path}{query}", provider.upstream.to_string().trim_end_matches('/')),
    };
    address.parse().map_err(|_| Refusal::new(Why::Malformed, "the path makes no address"))
}

fn priced(gateway: &Gateway, model: &str) -> Result<Price, Refusal> {
    let shown: String = model.chars().filter(|character| !character.is_control()).take(80).collect();
    if gateway.0.rules.models.as_ref().is_some_and(|models| !models.contains(model)) {
        return Err(Refusal::new(Why::Model, format!("the model {shown} is not one of those this phase may use")));
    }
    gateway.0.prices.of(model).ok_or_else(|| {
        let words =
            format!("the model {shown} has no price, so that its cap could not be kept: add it to the price table");
        Refusal::new(Why::Model, words)
    })
}

/// Sets aside what the call may cost. With less money than it asks for, its answer is cut to what that pays.
async fn provided(
    gateway: &Gateway,
    endpoint: &Endpoint,
    said: &Said,
    price: &Price,
    bytes: &Bytes,
) -> Result<(Bytes, Hold, Option<u64>), Refusal> {
    let (read, written) = price.most_for(said.read, said.keeps);
    let most = said.most.unwrap_or(price.most).min(price.most);
    let ask = Ask { read, written, most, least: said.least.min(most) };
    let hold = gateway.0.ledger.hold(&ask, gateway.limits().patience).await.map_err(|short| match short {
        Short::Spent { need, left, cap } => {
            let words = format!(
                "this call may cost {need}, and {left} of the {cap} this run may spend is left. The work so far is kept; \
                 a person can raise the budget"
            );
            Refusal::new(Why::Cap, words)
        }
        Short::Held { cap } => {
            Refusal::later(Why::Cap, format!("other calls of this run hold what is left of its {cap}: ask again"))
        }
    })?;
    let cut = said.most.map_or(hold.tokens < price.most, |most| hold.tokens < most).then_some(hold.tokens);
    let bytes = body::amended(endpoint.protocol, said, cut, bytes)?;
    Ok((bytes, hold, cut))
}

async fn send(
    gateway: &Gateway,
    endpoint: &Endpoint,
    (method, headers, bytes): (Method, HeaderMap, Bytes),
    whereto: &(dyn Fn() -> Result<Uri, Refusal> + Sync),
    open: Open,
) -> Result<Response<Body>, Refusal> {
    let limits = gateway.limits();
    let asked = Asked::new(open);
    let until = Instant::now() + limits.patience;
    let answer = loop {
        let mut request = Request::new(Full::new(bytes.clone()));
        (*request.method_mut(), *request.uri_mut()) = (method.clone(), whereto()?);
        request.headers_mut().clone_from(&headers);
        let answer = tokio::time::timeout(limits.answer, gateway.0.outside.request(request)).await;
        // Nobody heard it. A broker may be starting anew, and elsewhere: it is looked for again.
        let unheard = matches!(&answer, Ok(Err(error)) if error.is_connect());
        if !unheard || gateway.0.credentials.broker().is_none() || Instant::now() > until {
            break answer;
        }
        tokio::time::sleep(AGAIN).await;
    };
    let Some(mut open) = asked.answered() else {
        return Err(Refusal::new(Why::Malformed, "the call was settled already"));
    };
    let answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) if error.is_connect() => {
            // Nobody heard it, so it cost nothing.
            free(&mut open);
            return Ok(silent(endpoint.protocol, open, Trouble::Unreachable, "the model's provider cannot be reached"));
        }
        Ok(Err(_)) => {
            return Ok(silent(
                endpoint.protocol,
                open,
                Trouble::Cut,
                "the model's provider hung up before it answered",
            ));
        }
        Err(_) => {
            return Ok(silent(
                endpoint.protocol,
                open,
                Trouble::TimedOut,
                "the model's provider did not answer in time",
            ));
        }
    };
    let (head, incoming) = answer.into_parts();
    open.call.status = Some(head.status.as_u16());
    let mut response = Response::new(());
    *response.status_mut() = head.status;
    *response.headers_mut() = headers::answer(&head.headers);
    if head.status.is_success() {
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        open.meter = Meter::new(endpoint.protocol, kind.starts_with("text/event-stream"));
        return Ok(response.map(|()| Passing::new(incoming, limits.pause, Some(open)).boxed_unsync()));
    }
    free(&mut open);
    let read = tokio::time::timeout(limits.pause, Limited::new(incoming, REFUSAL_BYTES).collect()).await;
    let body = read.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let what = trouble(head.status.as_u16(), &head.headers, &body);
    // What is passed on has its own length.
    response.headers_mut().remove(CONTENT_LENGTH);
    let body = if what == Trouble::Unauthorized {
        // It may quote the credential.
        written(endpoint.protocol, head.status, "the provider does not take this team's credential").into_body()
    } else {
        body
    };
    open.close(Some(what));
    Ok(response.map(|()| whole(body)))
}

/// The call was not heard, or refused: what was set aside is given back.
fn free(open: &mut Open) {
    if let Some((hold, _)) = open.bill.take() {
        hold.settle(Money::ZERO);
    }
}

/// The answer where none came.
fn silent(protocol: Protocol, open: Open, what: Trouble, words: &str) -> Response<Body> {
    open.close(Some(what));
    let mut response = written(protocol, StatusCode::BAD_GATEWAY, words);
    response.headers_mut().insert(RETRY_AFTER, 5.into());
    response.map(whole)
}

fn written(protocol: Protocol, status: StatusCode, words: &str) -> Response<Bytes> {
    let mut response = Refusal::new(Why::Credential, words).answer(Some(protocol));
    *response.status_mut() = status;
    response.headers_mut().remove("x-signalbox-refused");
    response
}
