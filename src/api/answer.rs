//! What to make of an answer: of one of the server's, and of what a proxy, a load balancer or a
//! captive portal answers in its place.

use super::problem;
use crate::domain::{
    error::{Problem, ProblemKind},
    position::Position,
    time::Timestamp,
};
use chrono::{Datelike, NaiveDate};

/// The header by which every answer of the API says that it is the server's own. An answer without
/// it comes from something in between, and says nothing about what became of the request.
pub const MARK: &str = "x-job-hunt";

/// The header by which the answer to a mutation says where the user's history stands (a
/// [`Position`]): what it brings of a row is of that history. When a client asks for what changed, it says by
/// the same header of which places it has heard, with commas between them.
pub const POSITION: &str = "x-sync-position";

/// What a success of a request brings. Who asks says so: an empty answer where a row was expected is
/// no success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A JSON body.
    Body,
    /// The status alone.
    Nothing,
}

impl Expected {
    /// What the verbs of a row bring: a deletion the status alone, all others the row.
    pub fn of(method: &http::Method) -> Self {
        if method == http::Method::DELETE {
            Self::Nothing
        } else {
            Self::Body
        }
    }
}

/// How long an answer to a request with a body of so many bytes may take, in milliseconds, two minutes at
/// the most: a connection that hangs longer is lost. A long note over a slow line is not.
pub fn timeout(body: usize) -> u32 {
    const SHORTEST: usize = 30_000;
    const LONGEST: usize = 120_000;
    /// 16 kbit/s, as the worst of trains have it.
    const BYTES_A_MILLISECOND: usize = 2;
    let millis = SHORTEST.saturating_add(body / BYTES_A_MILLISECOND);
    u32::try_from(millis.min(LONGEST)).unwrap_or(u32::MAX)
}

/// What counts of an answer's status and headers.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// Whether the server says that it is its own.
    pub ours: bool,
    /// The media type; empty when there was none.
    pub content_type: String,
    /// Seconds to wait before another try.
    pub retry_after: Option<u64>,
    /// When it was made.
    pub date: Option<Timestamp>,
    /// Where the user's history stood.
    pub position: Option<Position>,
}

impl Head {
    /// The head of an answer whose headers are asked for by name.
    pub fn read(status: u16, header: impl Fn(&str) -> Option<String>) -> Self {
        let date = header("date").and_then(|date| read_http_date(&date));
        Self {
            status,
            ours: header(MARK).is_some(),
            content_type: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after").and_then(|wait| read_wait(wait.trim(), date)),
            date,
            position: header(POSITION).and_then(|text| text.parse().ok()),
        }
    }

    /// Whether the body is of this media type, whatever its parameters.
    fn is(&self, media_type: &str) -> bool {
        let essence = self.content_type.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(media_type)
    }
}

/// A success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status, 200 to 299.
    pub status: u16,
    /// The body; empty where none was expected.
    pub body: String,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The server's answer; `Network` where none came, or one that is not the server's.
    pub result: Result<Response, Problem>,
    /// The server's clock when it answered, to the second.
    pub server_time: Option<Timestamp>,
    /// Where the user's history stood then.
    pub position: Option<Position>,
}

impl Answered {
    /// No answer came.
    pub fn lost(detail: impl Into<String>) -> Self {
        Self {
            result: Err(Problem::new(ProblemKind::Network, detail)),
            server_time: None,
            position: None,
        }
    }
}

/// What an answer means.
pub fn read(expected: Expected, head: &Head, body: String) -> Answered {
    Answered {
        result: result(expected, head, body),
        server_time: head.date.filter(|_| head.ours),
        position: head.position.filter(|_| head.ours),
    }
}

fn result(expected: Expected, head: &Head, body: String) -> Result<Response, Problem> {
    let status = head.status;
    if head.ours && (200..300).contains(&status) {
        let json = !body.is_empty() && head.is("application/json");
        match expected {
            Expected::Body if json => return Ok(Response { status, body }),
            // What a newer server says beyond that is not for us.
            Expected::Nothing if json || body.is_empty() => {
                return Ok(Response {
                    status,
                    body: String::new(),
                });
            }
            _ => {}
        }
    }
    let retry_after = head.retry_after;
    if head.ours
        && head.is(problem::CONTENT_TYPE)
        && let Ok(problem) = serde_json::from_str::<Problem>(&body)
    {
        return Err(Problem {
            retry_after,
            ..problem
        });
    }
    // A load balancer says this for a server that is overloaded, or being replaced.
    if status >= 500 || status == 429 {
        return Err(Problem {
            retry_after,
            ..Problem::new(ProblemKind::Unavailable, "The server is not available.")
        });
    }
    Err(Problem::new(
        ProblemKind::Network,
        "Something between you and the server answered instead of it.",
    ))
}

/// Reads how long to wait, in seconds: a number of them, or the time at which to come back, by the clock
/// of whoever sent it (RFC 9110 §10.2.3).
fn read_wait(text: &str, now: Option<Timestamp>) -> Option<u64> {
    let until = || Some((read_http_date(text)? - now?).num_seconds());
    let seconds = text.parse().ok().or_else(until)?;
    u64::try_from(seconds).ok()
}

/// Reads the form in which dates of HTTP are written, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110
/// §5.6.7). Of the two that are obsolete our server writes neither.
fn read_http_date(text: &str) -> Option<Timestamp> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let number = |digits: &str, length: usize| {
        let fits = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let (weekday, rest) = text.trim().split_once(", ")?;
    let mut words = rest.split(' ');
    let day = number(words.next()?, 2)?;
    let month = words.next()?;
    let month = MONTHS.iter().zip(1..).find(|(name, _)| **name == month)?.1;
    let year = i32::try_from(number(words.next()?, 4)?).ok()?;
    let mut clock = words.next()?.split(':');
    let (hour, minute, second) = (
        number(clock.next()?, 2)?,
        number(clock.next()?, 2)?,
        number(clock.next()?, 2)?,
    );
    let ends = clock.next().is_none() && words.next() == Some("GMT") && words.next().is_none();
    let day = NaiveDate::from_ymd_opt(year, month, day).filter(|_| ends)?;
    let named = DAYS.get(day.weekday().num_days_from_monday() as usize);
    (named == Some(&weekday))
        .then(|| day.and_hms_opt(hour, minute, second))
        .flatten()
        .map(|wall| wall.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "application/json";
    const PROBLEM: &str = "application/problem+json";

    fn head(ours: bool, status: u16, content_type: &str) -> Head {
        Head {
            status,
            ours,
            content_type: content_type.to_owned(),
            retry_after: Some(7),
            date: None,
            position: None,
        }
    }

    /// The body of a success, or the kind of the problem and how long to wait.
    fn essence(
        expected: Expected,
        head: &Head,
        body: &str,
    ) -> Result<String, (ProblemKind, Option<u64>)> {
        read(expected, head, body.to_owned())
            .result
            .map(|response| {
                assert_eq!(response.status, head.status);
                response.body
            })
            .map_err(|problem| (problem.kind, problem.retry_after))
    }

    const NETWORK: (ProblemKind, Option<u64>) = (ProblemKind::Network, None);
    const UNAVAILABLE: (ProblemKind, Option<u64>) = (ProblemKind::Unavailable, Some(7));

    fn written(kind: ProblemKind) -> String {
        serde_json::to_string(&Problem::new(kind, "Why.")).unwrap()
    }

    #[test]
    fn a_long_body_has_longer_and_none_has_for_ever() {
        let bodies = [0, 2_000, 60_000, 1_000_000, usize::MAX];
        let times = [30_000, 31_000, 60_000, 120_000, 120_000];
        assert_eq!(bodies.map(timeout), times);
    }

    #[test]
    fn a_success_brings_what_was_expected() {
        use Expected::{Body, Nothing};
        for status in [200, 201, 202, 204] {
            for (expected, kind, body, result) in [
                (Body, JSON, "{}", Ok("{}")),
                (Body, "Application/JSON; charset=utf-8", "{}", Ok("{}")),
                (Body, JSON, "", Err(NETWORK)),
                (Body, "", "", Err(NETWORK)),
                (Body, "text/html", "<html>", Err(NETWORK)),
                (Body, "text/json-like", "{}", Err(NETWORK)),
                (Body, "", "{}", Err(NETWORK)),
                (Nothing, "", "", Ok("")),
                (Nothing, JSON, "", Ok("")),
                (Nothing, JSON, "{}", Ok("")),
                (Nothing, "text/html", "<html>", Err(NETWORK)),
            ] {
                assert_eq!(
                    essence(expected, &head(true, status, kind), body),
                    result.map(ToOwned::to_owned),
                    "{status} {expected:?} {kind} {body}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_ours_is_never_the_servers_answer() {
        let unauthorized = written(ProblemKind::Unauthorized);
        let gone = written(ProblemKind::Gone);
        for expected in [Expected::Body, Expected::Nothing] {
            for (status, kind, body) in [
                (200, "", ""),
                (204, "", ""),
                (200, JSON, ""),
                (200, JSON, "{}"),
                (201, JSON, "{\"id\":1}"),
                (200, "text/html", "<h1>Welcome to our hotel</h1>"),
                (302, "text/html", ""),
                (401, PROBLEM, &unauthorized),
                (403, "text/html", "<h1>Blocked</h1>"),
                (404, "text/html", "<h1>Not found</h1>"),
                (407, "", ""),
                (409, PROBLEM, &gone),
                (413, "text/html", "<h1>Too large</h1>"),
            ] {
                assert_eq!(
                    essence(expected, &head(false, status, kind), body),
                    Err(NETWORK),
                    "{status} {kind} {body}"
                );
            }
        }
    }

    #[test]
    fn a_load_balancer_may_say_to_wait() {
        let limit = written(ProblemKind::TooManyRequests);
        for (status, kind, body) in [
            (500, "text/html", "<h1>Oops</h1>"),
            (502, "", ""),
            (503, PROBLEM, limit.as_str()),
            (504, JSON, "{}"),
            (429, "text/html", "<h1>Slow down</h1>"),
        ] {
            let head = head(false, status, kind);
            assert_eq!(
                essence(Expected::Body, &head, body),
                Err(UNAVAILABLE),
                "{status}"
            );
        }
    }

    #[test]
    fn a_problem_of_ours_is_that_problem() {
        for kind in [
            ProblemKind::Validation,
            ProblemKind::Unauthorized,
            ProblemKind::Conflict,
            ProblemKind::TooManyRequests,
            ProblemKind::Internal,
            ProblemKind::Unavailable,
        ] {
            let head = head(true, kind.status(), PROBLEM);
            let read = essence(Expected::Body, &head, &written(kind));
            assert_eq!(read, Err((kind, Some(7))));
        }
        // One that cannot be read says no more than its status.
        for (status, expected) in [(500, UNAVAILABLE), (409, NETWORK)] {
            for (kind, body) in [(PROBLEM, "{"), (PROBLEM, ""), ("text/plain", "no")] {
                let head = head(true, status, kind);
                assert_eq!(essence(Expected::Body, &head, body), Err(expected));
            }
        }
    }

    #[test]
    fn time_and_position_are_the_servers_alone() {
        let date = read_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        let position = Some(Position {
            epoch: uuid::Uuid::from_u128(1),
            seq: 7,
        });
        for (ours, status) in [(true, 200), (true, 409), (false, 200)] {
            let head = Head {
                date,
                position,
                ..head(ours, status, JSON)
            };
            let answered = read(Expected::Body, &head, "{}".into());
            assert_eq!(answered.server_time, date.filter(|_| ours));
            assert_eq!(answered.position, position.filter(|_| ours));
        }
    }

    #[test]
    fn a_head_has_what_its_headers_say() {
        let headers = |name: &str| match name {
            "x-job-hunt" => Some("1".to_owned()),
            "content-type" => Some("application/json".to_owned()),
            "retry-after" => Some(" 30 ".to_owned()),
            "date" => Some("Mon, 02 Mar 2026 09:00:00 GMT".to_owned()),
            "x-sync-position" => Some("00000000000000000000000000000001.7".to_owned()),
            _ => None,
        };
        let expected = Head {
            status: 200,
            ours: true,
            content_type: JSON.to_owned(),
            retry_after: Some(30),
            date: Some("2026-03-02T09:00:00Z".parse().unwrap()),
            position: Some(Position {
                epoch: uuid::Uuid::from_u128(1),
                seq: 7,
            }),
        };
        assert_eq!(Head::read(200, headers), expected);
        let at = |time: &'static str| {
            let answer = move |name: &str| match name {
                "retry-after" => Some(format!("Mon, 02 Mar 2026 {time} GMT")),
                other => headers(other),
            };
            Head::read(503, answer).retry_after
        };
        assert_eq!(at("09:02:05"), Some(125));
        assert_eq!(at("08:59:59"), None);
        let nothing = Head {
            ours: false,
            content_type: String::new(),
            retry_after: None,
            date: None,
            position: None,
            ..expected
        };
        assert_eq!(Head::read(200, |_| None), nothing);
    }

    #[test]
    fn dates_of_http_are_read() {
        for (text, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59Z"),
            (" Wed, 31 Dec 2025 00:00:00 GMT ", "2025-12-31T00:00:00Z"),
        ] {
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(read_http_date(text), Some(expected));
        }
        for text in [
            "",
            "now",
            "1994-11-06T08:49:37Z",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov +994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 08:49:37 GMT x",
            "Fri, 30 Feb 2024 00:00:00 GMT",
        ] {
            assert_eq!(read_http_date(text), None, "{text}");
        }
    }
}
