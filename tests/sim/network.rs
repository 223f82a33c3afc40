//! What lies between pages and the server, and what happens to it.

use crate::{
    brief::brief,
    ledger::Place,
    sabotage::{Sabotage, spoil_page},
    server::{Reply, Request},
    trace, versions,
    world::{Io, Tab, World},
};
use job_hunt_tracker::{
    api::answer::Answered,
    client::engine::{Answer, Outgoing},
    domain::{
        error::{Problem, ProblemKind},
        position::Positions,
        sync::SyncPage,
        time::Timestamp,
        user::Me,
    },
};
use uuid::Uuid;

pub enum What {
    Send(Box<Outgoing>),
    Pull,
    Identify,
}

/// A request that a page waits for.
pub struct Call {
    pub device: usize,
    pub tab: u64,
    pub what: What,
    pub since: Timestamp,
}

pub enum Message {
    Request(u64, Place, Request),
    Answer(u64, Reply),
    /// No connection.
    Lost(u64),
}

impl World {
    pub fn call(&mut self, device: usize, at: usize, what: What, mut request: Request) {
        let id = self.id();
        let tab = &self.devices[device].tabs[at];
        let (tab_id, user) = (tab.id, tab.user);
        let identify = matches!(what, What::Identify);
        if !matches!(what, What::Pull) {
            self.devices[device].tabs[at].asked += 1;
        }
        let tab = &self.devices[device].tabs[at];
        assert!(
            identify || !tab.told_foreign,
            "invariant 12: t{tab_id} goes on under another user: {request:?}"
        );
        trace!(
            "d{device} t{tab_id} asks #{id} {} {} {}",
            request.method,
            request.path,
            request.body.as_deref().unwrap_or_default()
        );
        if request.method != http::Method::GET {
            request.csrf.clone_from(&tab.csrf);
        }
        if !identify {
            request.user = tab.engine.owner();
        }
        request.cookie.clone_from(&self.devices[device].cookie);
        if self.sabotage == Some(Sabotage::MixesUsers) && request.key.is_some() {
            let other = self.outside.iter().find(|session| session.user != user);
            request.user = other.map(|session| session.user);
            request.csrf = other.map(|session| session.csrf.clone());
            request.cookie = other.cloned();
        }
        self.calls.insert(
            id,
            Call {
                device,
                tab: tab_id,
                what,
                since: self.now,
            },
        );
        if self.devices[device].online {
            self.net.push(Message::Request(id, (device, user), request));
        } else {
            self.net.push(Message::Lost(id));
        }
    }

    pub fn messages(&self) -> usize {
        self.net.len()
    }

    /// Something happens to one message.
    pub async fn deliver(&mut self, at: usize) {
        let faults = self.faults;
        match self.net.remove(at) {
            Message::Request(id, place, request) => {
                if self.dice.percent(faults.lost) {
                    trace!("#{id} is lost");
                    // The page learns it at once, or by waiting in vain.
                    if self.dice.percent(50) {
                        self.net.push(Message::Lost(id));
                    }
                    return;
                }
                if self.dice.percent(faults.intercepted) {
                    let reply = self.intercept();
                    trace!("#{id} is answered on its way: {}", reply.status());
                    self.net.push(Message::Answer(id, reply));
                    return;
                }
                if self.dice.percent(faults.doubled) {
                    trace!("#{id} comes twice");
                    self.net.push(Message::Request(id, place, request.clone()));
                }
                let reply = self.serve_page(id, &request).await;
                trace!("#{id} is answered {} {}", reply.status(), brief(&reply));
                if self.dice.percent(faults.restarts) {
                    trace!("the server restarts");
                    self.server.restart().await;
                    self.net.push(Message::Lost(id));
                } else if reply.is_success()
                    && request.method == http::Method::PATCH
                    && self.dice.percent(faults.undone * 10)
                {
                    // Heard, and lost at the server before anything else.
                    let answer = self.read_of(id, reply).read(&request.method);
                    self.hear(id, answer);
                    self.newest_is_undone(place.1).await;
                } else {
                    self.net.push(Message::Answer(id, reply));
                }
            }
            Message::Answer(id, reply) => {
                if self.dice.percent(faults.lost) {
                    trace!("the answer #{id} is lost");
                    if self.dice.percent(50) {
                        self.net.push(Message::Lost(id));
                    }
                    return;
                }
                let method = match self.calls.get(&id).map(|call| &call.what) {
                    Some(What::Send(outgoing)) => outgoing.method.clone(),
                    _ => http::Method::GET,
                };
                let answer = self.read_of(id, reply).read(&method);
                if self.dice.percent(faults.doubled) && self.calls.contains_key(&id) {
                    self.answered_twice(id, answer.clone());
                }
                self.hear(id, answer);
            }
            Message::Lost(id) => self.hear(id, Answered::lost("").into()),
        }
    }

    /// The tab that waits for an answer, and whether that is a pull's.
    fn asker(&self, id: u64) -> Option<(&Tab, bool)> {
        let call = self.calls.get(&id)?;
        let at = self.find(call.device, call.tab)?;
        let pull = matches!(call.what, What::Pull);
        Some((&self.devices[call.device].tabs[at], pull))
    }

    /// The server answers a page, in the version of the page.
    async fn serve_page(&mut self, id: u64, request: &Request) -> Reply {
        if let Some((tab, true)) = self.asker(id) {
            return match versions::asks(tab.newer, request) {
                Some(request) => self.serve(&request).await,
                None => versions::of_other_kinds(),
            };
        }
        self.serve(request).await
    }

    /// What a page makes of an answer, in its version.
    fn read_of(&self, id: u64, reply: Reply) -> Reply {
        match self.asker(id) {
            Some((tab, pull)) => self.read_by(tab, pull, reply),
            None => reply,
        }
    }

    /// What stands between a page and the server answers instead of it.
    fn intercept(&mut self) -> Reply {
        match self.dice.below(6) {
            0 => Reply::foreign(200, "text/html", "<html>"),
            1 => Reply::foreign(503, "text/html", "<html>"),
            2 => Reply::foreign(200, "", ""),
            3 => Reply::foreign(200, "application/json", "{}"),
            4 => {
                let wait = Some(1 + self.dice.below(120) as u64);
                Reply::problem(ProblemKind::TooManyRequests, wait)
            }
            _ => Reply::problem(ProblemKind::Unavailable, Some(2)),
        }
    }

    /// The server answers, and the ledger takes note.
    pub async fn serve(&mut self, request: &Request) -> Reply {
        let session = request.cookie.as_ref();
        let user = session.map(|session| session.user);
        let watched = user.filter(|_| request.method != http::Method::GET);
        let before = match watched {
            Some(user) => self.server.head(user).await.0,
            None => 0,
        };
        let mut forgetful = request.clone();
        if self.sabotage == Some(Sabotage::TakesTwice)
            && let (Some(user), Some(key)) = (watched, request.key)
            && self.server.forget_key(user, key).await
        {
            let id = request.path.rsplit('/').next().unwrap().parse();
            if let Ok(id) = id {
                forgetful.if_match = self.server.version(user, id).await;
                forgetful.if_updated_at = None;
            }
        }
        if self.sabotage == Some(Sabotage::OverlooksHistories) {
            forgetful.if_updated_at = None;
        }
        if self.sabotage == Some(Sabotage::ForgetsWhatWasHeard) {
            forgetful.heard_of = Positions::default();
        }
        if self.sabotage == Some(Sabotage::OverlooksOthers)
            && let (Some(user), Some(_)) =
                (watched.filter(|_| request.key.is_some()), request.if_match)
        {
            let id = request.path.rsplit('/').next().unwrap().parse();
            if let Ok(id) = id {
                forgetful.if_match = self.server.version(user, id).await;
                forgetful.if_updated_at = None;
            }
        }
        let reply = self.server.call(&forgetful).await;
        if let Some(user) = watched {
            let after = self.server.head(user).await.0;
            self.ledger.served(request, &reply, after > before);
        }
        if request.path.starts_with("/sync")
            && let Ok(page) = serde_json::from_str(&reply.body)
        {
            self.ledger.told(&page);
        }
        reply
    }

    /// The same answer reaches a page once more: only of a mutation, since a pull has one answer.
    fn answered_twice(&mut self, id: u64, answer: Answer) {
        let call = &self.calls[&id];
        let (device, tab) = (call.device, call.tab);
        let What::Send(outgoing) = &call.what else {
            return;
        };
        let key = outgoing.key;
        let Some(at) = self.find(device, tab) else {
            return;
        };
        let other =
            matches!(&answer.result, Err(problem) if problem.kind == ProblemKind::OtherUser);
        self.devices[device].tabs[at].told_foreign |= other;
        self.answer(device, at, key, answer);
    }

    /// A page hears what became of an edit.
    pub fn answer(&mut self, device: usize, at: usize, key: Uuid, mut answer: Answer) {
        let (now, unit) = (self.time(device), self.dice.unit());
        answer.server_now = Some(self.now);
        self.act(device, at, |engine| engine.answered(key, answer, now, unit));
    }

    /// A call of a page comes to its end.
    pub fn hear(&mut self, id: u64, answer: Answer) {
        let Some(call) = self.calls.remove(&id) else {
            return;
        };
        let Some(at) = self.find(call.device, call.tab) else {
            return;
        };
        let (device, now) = (call.device, self.time(call.device));
        let unit = self.dice.unit();
        let tab = &mut self.devices[device].tabs[at];
        let (tab_id, user) = (tab.id, tab.user);
        if let Err(problem) = &answer.result {
            trace!("d{device} t{tab_id} hears #{id}: {:?}", problem.kind);
            tab.told_foreign |= problem.kind == ProblemKind::OtherUser;
        } else {
            trace!("d{device} t{tab_id} hears #{id}");
        }
        match call.what {
            What::Send(outgoing) => self.answer(device, at, outgoing.key, answer),
            What::Pull => {
                let page = answer.result.and_then(|body| {
                    serde_json::from_str::<SyncPage>(&body)
                        .map_err(|error| Problem::new(ProblemKind::Network, error.to_string()))
                });
                let page = page.map(|mut page| {
                    spoil_page(self.sabotage, &mut page);
                    page
                });
                match page {
                    Ok(page) => {
                        let tab = &mut self.devices[device].tabs[at];
                        tab.io.push(Io::Page(Box::new(page)));
                    }
                    Err(problem) => {
                        self.act(device, at, |engine| engine.pull_failed(&problem, now, unit))
                    }
                }
            }
            What::Identify => {
                let me = answer.result.and_then(|body| {
                    serde_json::from_str::<Me>(&body)
                        .map_err(|error| Problem::new(ProblemKind::Network, error.to_string()))
                });
                if let Ok(me) = &me {
                    let tab = &mut self.devices[device].tabs[at];
                    tab.told_foreign |= me.user.id != user;
                    if me.user.id == user {
                        tab.csrf = Some(me.csrf_token.clone());
                    }
                }
                self.act(device, at, |engine| match me {
                    Ok(me) => engine.identified(me.user.id, now),
                    Err(problem) => engine.identify_failed(&problem, now),
                });
            }
        }
    }
}
