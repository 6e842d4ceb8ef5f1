//! Pull requests.

use serde_json::{Value, json};

use super::{body_fits, issue, issue_mut, pull_of, unconditional};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::push::Push;
use crate::show;
use crate::state::{Issue, Merged, Post, Pull, Repository, Role, State};

/// The most files GitHub lists.
const MOST_FILES: usize = 3_000;

fn reply(call: &Call<'_>, state: &State, repository: u64, number: u64, status: u16) -> Answer {
    let found = &state.repositories[&repository];
    let (issue, _) = pull_of(found, number)?;
    Ok(Reply::json(status, call.world.pull_shown(state, found, issue).ok_or_else(Refusal::not_found)?))
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let wanted = |issue: &Issue, pull: &Pull| {
        let open = match call.asked("state") {
            Some("closed") => !issue.open,
            Some("all") => true,
            Some(_) | None => issue.open,
        };
        let owner =
            pull.head_repository.and_then(|id| state.repositories.get(&id)).map(|found| state.login(found.owner));
        // `owner:branch`; GitHub leaves the filter out when the owner is not written.
        let head = call.asked("head").and_then(|head| head.split_once(':')).is_none_or(|(user, branch)| {
            owner.is_some_and(|owner| owner.eq_ignore_ascii_case(user)) && branch == pull.head_branch
        });
        open && head && call.asked("base").is_none_or(|base| base == pull.base_branch)
    };
    let mut pulls: Vec<_> = found
        .issues
        .values()
        .filter_map(|issue| issue.pull.as_ref().map(|pull| (issue, pull)))
        .filter(|(issue, pull)| wanted(issue, pull))
        .collect();
    if call.asked("sort") == Some("updated") {
        pulls.sort_by_key(|(issue, _)| issue.post.updated);
    }
    if call.asked("direction").unwrap_or("desc") == "desc" {
        pulls.reverse();
    }
    let shown = pulls.iter().map(|(issue, pull)| show::simple_pull(&state, call.world.base(), found, issue, pull));
    Ok(call.page(shown.collect()))
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let id = call.place(&state)?;
    let number = call.number("pull_number")?;
    if call.wants("diff") {
        let (_, pull) = pull_of(&state.repositories[&id], number)?;
        let git = call.world.git(id);
        let from = git.base(&pull.base, &pull.head).unwrap_or_else(|| pull.base.clone());
        return Ok(Reply::raw("application/vnd.github.diff; charset=utf-8", git.diff(&from, &pull.head)?));
    }
    reply(call, &state, id, number, 200)
}

/// The repository and the branch that `head` names: `branch`, or `owner:branch` of a fork.
fn head_of(call: &Call<'_>, state: &State, found: &Repository) -> Option<(u64, String)> {
    let head = call.text("head")?;
    let Some((login, branch)) = head.split_once(':') else { return Some((found.id, head.to_owned())) };
    let owner = state.account(login)?.id;
    if owner == found.owner {
        return Some((found.id, branch.to_owned()));
    }
    let fork = state
        .repositories
        .values()
        .find(|other| other.owner == owner && (other.fork_of == Some(found.id) || (found.fork_of == Some(other.id))))?;
    Some((fork.id, branch.to_owned()))
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    let title = call.required("PullRequest", "title")?;
    let base_branch = call.required("PullRequest", "base")?;
    call.required("PullRequest", "head")?;
    body_fits("PullRequest", call.text("body"))?;
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let found = call.repository(&state)?.clone();
    let bad = |field: &str| Refusal::invalid("PullRequest", field, "invalid", "");
    let (head_repository, head_branch) = head_of(call, &state, &found).ok_or_else(|| bad("head"))?;
    let git = call.world.git(found.id);
    let base = git.reference(&format!("refs/heads/{base_branch}")).ok_or_else(|| bad("base"))?;
    let from = call.world.git(head_repository);
    let head = from.reference(&format!("refs/heads/{head_branch}")).ok_or_else(|| bad("head"))?;
    if via.is_none() && head_repository == found.id && state.role(&found, actor) < Some(Role::Write) {
        return Err(Refusal::new(403, "Must have write access to the repository."));
    }
    let full = |name: &str| {
        format!("{}:{name}", state.repositories.get(&head_repository).map_or("", |one| state.login(one.owner)))
    };
    let exists = found.issues.values().any(|issue| {
        let same = |pull: &Pull| {
            pull.head_repository == Some(head_repository)
                && pull.head_branch == head_branch
                && pull.base_branch == base_branch
        };
        issue.open && issue.pull.as_ref().is_some_and(same)
    });
    let custom = |message: String| {
        let error = json!({"resource": "PullRequest", "code": "custom", "message": message});
        Refusal { errors: vec![error], ..Refusal::new(422, "Validation Failed") }
    };
    if exists {
        return Err(custom(format!("A pull request already exists for {}.", full(&head_branch))));
    }
    if head_repository != found.id {
        git.take(&from, &head_branch, &format!("refs/world/{head_repository}/{head_branch}"))?;
    }
    if git.contains(&base, &head) {
        return Err(custom(format!("No commits between {base_branch} and {head_branch}")));
    }
    let draft = call.body.get("draft").and_then(Value::as_bool).unwrap_or(false);
    let maintainer_can_modify = call.body.get("maintainer_can_modify").and_then(Value::as_bool).unwrap_or(false);
    let post = Post::new(actor, via, call.owned("body"), call.now);
    let number = issue::begin(&mut state, found.id, title, post);
    git.set(&format!("refs/pull/{number}/head"), Some(&head))?;
    let id = state.fresh();
    issue_mut(&mut state, found.id, number)?.pull = Some(Pull {
        id,
        head_repository: Some(head_repository),
        head_branch,
        head: head.clone(),
        base_branch,
        base,
        draft,
        merged: None,
        requested: Default::default(),
        maintainer_can_modify,
    });
    call.world.tell_issue(&state, found.id, number, "opened", actor, json!({}));
    if head_repository != found.id {
        call.world.fork_ci(&mut state, found.id, number, actor);
    }
    reply(call, &state, found.id, number, 201)
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    unconditional(call)?;
    body_fits("PullRequest", call.text("body"))?;
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let (id, number) = (call.place(&state)?, call.number("pull_number")?);
    let found = &state.repositories[&id];
    let author = pull_of(found, number)?.0.post.author;
    if via.is_none() && author != actor && state.role(found, actor) < Some(Role::Triage) {
        return Err(Refusal::new(403, "Must have admin rights to Repository."));
    }
    if call.text("state") == Some("open") && pull_of(found, number)?.1.merged.is_some() {
        return Err(Refusal::invalid(
            "PullRequest",
            "state",
            "invalid",
            "state cannot be changed. The pull request was merged.",
        ));
    }
    if let Some(base) = call.owned("base") {
        let git = call.world.git(id);
        let sha = git
            .reference(&format!("refs/heads/{base}"))
            .ok_or_else(|| Refusal::invalid("PullRequest", "base", "invalid", ""))?;
        if let Some(pull) = &mut issue_mut(&mut state, id, number)?.pull {
            pull.base_branch = base;
            pull.base = sha;
        }
    }
    issue::change(call, &mut state, id, number, actor)?;
    reply(call, &state, id, number, 200)
}

pub(crate) fn files(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let (_, pull) = pull_of(found, call.number("pull_number")?)?;
    let git = call.world.git(found.id);
    let from = git.base(&pull.base, &pull.head).unwrap_or_else(|| pull.base.clone());
    let full_name = state.full_name(found);
    let files = git.differences(&from, &pull.head)?;
    let shown = files.iter().take(MOST_FILES).map(|one| show::file(call.world.base(), &full_name, &pull.head, one));
    Ok(call.page(shown.collect()))
}

pub(crate) fn commits(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let (_, pull) = pull_of(found, call.number("pull_number")?)?;
    let mut log = call.world.git(found.id).log(&format!("{}..{}", pull.base, pull.head), None, 250)?;
    log.reverse();
    let full_name = state.full_name(found);
    Ok(call.page(log.iter().map(|one| show::commit(&state, call.world.base(), &full_name, one)).collect()))
}

pub(crate) fn merged(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let (_, pull) = pull_of(call.repository(&state)?, call.number("pull_number")?)?;
    if pull.merged.is_some() { Ok(Reply::empty()) } else { Err(Refusal::not_found()) }
}

pub(crate) fn merge(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let (id, number) = (call.place(&state)?, call.number("pull_number")?);
    let (issue, pull) = pull_of(&state.repositories[&id], number)?;
    let (open, title, pull) = (issue.open, issue.title.clone(), pull.clone());
    if !open || pull.draft {
        return Err(Refusal::new(405, "Pull Request is not mergeable"));
    }
    if call.text("sha").is_some_and(|sha| sha != pull.head) {
        return Err(Refusal::new(409, "Head branch was modified. Review and try the merge again."));
    }
    let git = call.world.git(id);
    let reference = format!("refs/heads/{}", pull.base_branch);
    let base = git.reference(&reference).ok_or_else(|| Refusal::new(405, "Base branch was deleted"))?;
    let by = super::content::by(&state, actor, call.now);
    let message = call.owned("commit_title").unwrap_or_else(|| format!("{title} (#{number})"));
    let conflict = || Refusal::new(405, "Merge conflict");
    let mut commit = git.merge(&base, &pull.head, &by, &message)?.ok_or_else(conflict)?;
    if matches!(call.text("merge_method"), Some("squash" | "rebase")) {
        let tree = git.commit(&commit)?.tree;
        commit = git.commit_tree(&tree, &[&base], &by, &message)?;
    }
    git.set(&reference, Some(&commit))?;
    let issue = issue_mut(&mut state, id, number)?;
    issue.open = false;
    issue.closed = Some(call.now);
    issue.post.updated = call.now;
    if let Some(pull) = &mut issue.pull {
        pull.merged = Some(Merged { at: call.now, by: actor, commit: commit.clone() });
    }
    call.world.tell_issue(&state, id, number, "closed", actor, json!({}));
    call.world
        .pushed(&mut state, &Push { repository: id, reference: &reference, before: &base, after: &commit, actor });
    Ok(Reply::json(200, json!({"sha": commit, "merged": true, "message": "Pull Request successfully merged"})))
}
