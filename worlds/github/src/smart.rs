//! git over HTTP: git's own server, behind the tokens of this world.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::auth::identify;
use crate::call::{Caller, Refusal, Reply, Request};
use crate::git::{ZERO, finish};
use crate::push::Push;
use crate::state::Role;
use crate::world::{Inner, lock};

/// What of git is asked for: `/owner/name[.git]/info/refs` and the two services.
const SERVICES: [&str; 3] = ["/info/refs", "/git-upload-pack", "/git-receive-pack"];

/// Whether a path is git's.
pub(crate) fn is_git(path: &str) -> bool {
    !path.starts_with("/repos/") && SERVICES.iter().any(|service| path.ends_with(service))
}

/// Answers a git client.
pub(crate) fn serve(world: &Inner, request: &Request) -> Reply {
    answer(world, request).unwrap_or_else(|refusal| {
        let mut reply = Reply::raw("text/plain; charset=utf-8", format!("{}\n", refusal.message).into_bytes());
        reply.status = refusal.status;
        if refusal.status == 401 {
            reply.headers.push(("www-authenticate", "Basic realm=\"GitHub\"".into()));
        }
        reply
    })
}

fn answer(world: &Inner, request: &Request) -> Result<Reply, Refusal> {
    let service = SERVICES.iter().find(|service| request.path.ends_with(**service)).copied().unwrap_or_default();
    let name = request.path.trim_end_matches(service).trim_matches('/');
    let name = name.strip_suffix(".git").unwrap_or(name);
    let pushing = service == "/git-receive-pack" || request.query.contains("service=git-receive-pack");
    let missing = || Refusal::new(404, "Repository not found.");
    let (owner, name) = name.split_once('/').ok_or_else(missing)?;
    let (id, actor, workflows) = admit(world, request, owner, name, pushing)?;
    let _one = (service == "/git-receive-pack").then(|| lock(&world.pushing));
    let git = world.git(id);
    let before = if pushing { heads(world, id)? } else { BTreeMap::new() };
    let mut command = git.command(&["http-backend"]);
    command.env_remove("GIT_DIR");
    command.env("GIT_PROJECT_ROOT", world.folder()).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("PATH_INFO", format!("/{id}.git{service}")).env("REQUEST_METHOD", &request.method);
    command.env("QUERY_STRING", &request.query).env("REMOTE_USER", "world");
    for (variable, header) in [
        ("CONTENT_TYPE", "content-type"),
        ("HTTP_CONTENT_ENCODING", "content-encoding"),
        ("GIT_PROTOCOL", "git-protocol"),
    ] {
        if let Some(value) = request.header(header) {
            command.env(variable, value);
        }
    }
    command.env("CONTENT_LENGTH", request.body.len().to_string());
    if !workflows {
        command.env("WORLD_NO_WORKFLOWS", "1");
    }
    let output = finish(command, Some(&request.body))?;
    if service == "/git-receive-pack" {
        follow(world, id, actor, &before)?;
    }
    cgi(&output)
}

/// Lets a token in, or not: the repository, who it is, and whether workflow files may be changed.
fn admit(
    world: &Inner,
    request: &Request,
    owner: &str,
    name: &str,
    pushing: bool,
) -> Result<(u64, u64, bool), Refusal> {
    let mut state = world.state();
    let header = request.header("authorization").unwrap_or_default();
    let basic = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let user = basic.and_then(|(_, value)| BASE64_STANDARD.decode(value.trim()).ok());
    let user = user.and_then(|text| String::from_utf8(text).ok());
    let user = user.and_then(|text| text.split_once(':').map(|(user, _)| user.to_owned()));
    let invalid =
        || Refusal::new(401, "Invalid username or token. Password authentication is not supported for Git operations.");
    let caller = identify(&mut state, request, world.now()).map_err(|refusal| match refusal.status {
        401 => invalid(),
        _ => refusal,
    })?;
    let missing = || Refusal::new(404, "Repository not found.");
    let moved = || state.moved.get(&format!("{owner}/{name}").to_lowercase()).and_then(|id| state.repositories.get(id));
    let found = state.named(owner, name).or_else(moved);
    match &caller {
        Caller::Nobody => match found {
            Some(found) if !found.private && !pushing => Ok((found.id, 0, false)),
            Some(_) | None => Err(Refusal::new(401, "Authentication required")),
        },
        Caller::App(_) => Err(invalid()),
        Caller::Person(id) => {
            let found = found.ok_or_else(missing)?;
            let role = state.role(found, *id).ok_or_else(missing)?;
            if pushing && role < Role::Write {
                let full = state.full_name(found);
                return Err(Refusal::new(403, format!("Permission to {full}.git denied to {}.", state.login(*id))));
            }
            Ok((found.id, *id, true))
        }
        Caller::Installation { id, bot, repositories, permissions, .. } => {
            if user.as_deref() != Some("x-access-token") {
                return Err(invalid());
            }
            let found = found.ok_or_else(missing)?;
            let covered = state.installations.get(id).is_some_and(|one| one.covers(found))
                && repositories.as_ref().is_none_or(|some| some.contains(&found.id));
            let level = permissions.get("contents").map(String::as_str).filter(|_| covered);
            match (level, pushing) {
                (Some("write"), _) | (Some(_), false) => {
                    Ok((found.id, *bot, permissions.get("workflows").is_some_and(|level| level == "write")))
                }
                (None, false) if !found.private => Ok((found.id, *bot, false)),
                (None, _) if found.private => Err(missing()),
                (Some(_) | None, _) => {
                    let full = state.full_name(found);
                    Err(Refusal::new(403, format!("Permission to {full}.git denied to {}.", state.login(*bot))))
                }
            }
        }
    }
}

fn heads(world: &Inner, id: u64) -> Result<BTreeMap<String, String>, Refusal> {
    let git = world.git(id);
    let mut all: BTreeMap<_, _> = git.references("refs/heads/")?.into_iter().collect();
    all.extend(git.references("refs/tags/")?);
    Ok(all)
}

/// Finds what a push changed, and does what follows from it.
fn follow(world: &Inner, id: u64, actor: u64, before: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let after = heads(world, id)?;
    let mut state = world.state();
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (was, is) = (before.get(name).map_or(ZERO, String::as_str), after.get(name).map_or(ZERO, String::as_str));
        if was != is {
            world.pushed(&mut state, &Push { repository: id, reference: name, before: was, after: is, actor });
        }
    }
    Ok(())
}

/// What a CGI program printed, as an answer.
fn cgi(output: &[u8]) -> Result<Reply, Refusal> {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or_else(|| Refusal::new(500, "git answered nothing"))?;
    let (head, body) = (String::from_utf8_lossy(&output[..end]).into_owned(), output[end + 4..].to_vec());
    let mut reply = Reply::raw("", body);
    for line in head.lines() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        match name.to_ascii_lowercase().as_str() {
            "status" => reply.status = value.get(..3).and_then(|code| code.parse().ok()).unwrap_or(500),
            "content-type" => reply.headers.push(("content-type", value.to_owned())),
            "cache-control" => reply.headers.push(("cache-control", value.to_owned())),
            _ => {}
        }
    }
    Ok(reply)
}
