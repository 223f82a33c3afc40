//! What is counted for whoever runs the server, in the text form of OpenMetrics 1.0
//! (<https://github.com/prometheus/OpenMetrics>). It is served on an address of its own, and says nothing of
//! anybody: no address, no company, no path with an id.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::time::Duration;

/// The media type of what [`Metrics::written`] gives.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The bounds between which answers are counted, in seconds.
const BOUNDS: [f64; 10] = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];

/// What became of something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Became {
    outcome: &'static str,
}

/// A kind of request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: String,
    route: String,
    status: u16,
}

/// What is to be known of the queue of mails at the moment of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Mails that wait or are being sent.
    pub open: i64,
    /// Whether mails are held.
    pub is_held: bool,
    /// Whether the provider could be reached when it was asked last.
    pub is_reachable: bool,
}

/// The counts of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    mails: Family<Became, Counter>,
    reminders: Family<Became, Counter>,
    answers: Family<Asked, Histogram, fn() -> Histogram>,
    open: Gauge,
    held: Gauge,
    reachable: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("job_hunt_tracker");
        let mails = Family::default();
        registry.register(
            "mails",
            "Tries to send a mail about reminders, by outcome",
            mails.clone(),
        );
        let reminders = Family::default();
        registry.register(
            "reminders",
            "Reminders that fell due, by outcome",
            reminders.clone(),
        );
        let within: fn() -> Histogram = || Histogram::new(BOUNDS);
        let answers = Family::new_with_constructor(within);
        registry.register_with_unit(
            "answer",
            "How long answers took",
            Unit::Seconds,
            answers.clone(),
        );
        let [open, held, reachable] = [(); 3].map(|()| Gauge::default());
        registry.register(
            "mails_open",
            "Mails that wait or are being sent",
            open.clone(),
        );
        registry.register("mails_held", "1 while mails are held", held.clone());
        registry.register(
            "mail_provider_reachable",
            "0 while the provider of mails cannot be reached",
            reachable.clone(),
        );
        Self {
            registry,
            mails,
            reminders,
            answers,
            open,
            held,
            reachable,
        }
    }
}

impl Metrics {
    /// A try to send a mail came to this: a state in which mails end, `again` or `unreachable`.
    pub fn mail(&self, outcome: &'static str) {
        self.mails.get_or_create(&Became { outcome }).inc();
    }

    /// So many reminders fell due and came to this.
    pub fn reminders(&self, outcome: &'static str, count: u64) {
        if count > 0 {
            self.reminders
                .get_or_create(&Became { outcome })
                .inc_by(count);
        }
    }

    /// A request was answered. `route` is the pattern by which it was found, which has no ids.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let asked = Asked {
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        self.answers
            .get_or_create(&asked)
            .observe(took.as_secs_f64());
    }

    /// All of it, as a collector reads it.
    ///
    /// # Errors
    /// Never, as long as memory does for the text.
    pub fn written(&self, queue: Queue) -> Result<String, std::fmt::Error> {
        self.open.set(queue.open);
        self.held.set(queue.is_held.into());
        self.reachable.set(queue.is_reachable.into());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_collectors_read_it() {
        let metrics = Metrics::default();
        metrics.mail("delivered");
        metrics.mail("delivered");
        metrics.mail("dead");
        metrics.reminders("sent", 3);
        metrics.reminders("expired", 0);
        metrics.answered("GET", "/board/{id}", 200, Duration::from_millis(30));
        let queue = Queue {
            open: 7,
            is_held: true,
            is_reachable: false,
        };
        let text = metrics.written(queue).unwrap();
        for line in [
            "job_hunt_tracker_mails_total{outcome=\"delivered\"} 2",
            "job_hunt_tracker_mails_total{outcome=\"dead\"} 1",
            "job_hunt_tracker_reminders_total{outcome=\"sent\"} 3",
            "job_hunt_tracker_mails_open 7",
            "job_hunt_tracker_mails_held 1",
            "job_hunt_tracker_mail_provider_reachable 0",
            "job_hunt_tracker_answer_seconds_bucket{le=\"0.05\",method=\"GET\",route=\"/board/{id}\",status=\"200\"} 1",
        ] {
            assert!(text.contains(&format!("{line}\n")), "{line} in {text}");
        }
        assert!(!text.contains("expired"));
        assert!(text.ends_with("# EOF\n"));
    }
}
