//! Who asks too often. Counted in memory: a restart forgives, and each instance counts alone.

use crate::{
    domain::error::{Problem, ProblemKind},
    server::config::Config,
};
use governor::{
    Quota, RateLimiter, clock::Clock as _, clock::DefaultClock,
    state::keyed::DefaultKeyedStateStore,
};
use std::{hash::Hash, net::IpAddr, num::NonZeroU32, time::Duration};
use uuid::Uuid;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

/// Every limit.
pub struct Limits {
    mails_per_address: Keyed<String>,
    mails_per_client: Keyed<IpAddr>,
    verifications_per_client: Keyed<IpAddr>,
    reminder_writes_per_user: Keyed<Uuid>,
    reminder_writes_per_client: Keyed<IpAddr>,
}

impl Limits {
    /// The limits that the settings ask for.
    pub fn new(config: &Config) -> Self {
        let hourly = |most: NonZeroU32| per(Duration::from_secs(3600), most);
        let a_minute = |most: NonZeroU32| per(Duration::from_secs(60), most);
        Self {
            mails_per_address: RateLimiter::keyed(hourly(config.limit_mails_per_address)),
            mails_per_client: RateLimiter::keyed(hourly(config.limit_mails_per_client)),
            verifications_per_client: RateLimiter::keyed(a_minute(config.limit_verifications)),
            reminder_writes_per_user: RateLimiter::keyed(a_minute(config.limit_reminder_writes)),
            reminder_writes_per_client: RateLimiter::keyed(a_minute(
                config.limit_reminder_writes_per_client,
            )),
        }
    }

    /// Counts a sign-in mail.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn sign_in_mail(&self, address: &str, client: IpAddr) -> Result<(), Problem> {
        check(&self.mails_per_client, &network(client), "sign-in mails")?;
        check(
            &self.mails_per_address,
            &address.to_owned(),
            "sign-in mails",
        )
    }

    /// Counts a try to use a link or a code.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn verification(&self, client: IpAddr) -> Result<(), Problem> {
        check(
            &self.verifications_per_client,
            &network(client),
            "tries to sign in",
        )
    }

    /// Counts a write of a reminder.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn reminder_write(&self, user: Uuid, client: IpAddr) -> Result<(), Problem> {
        let what = "changes of reminders";
        check(&self.reminder_writes_per_client, &network(client), what)?;
        check(&self.reminder_writes_per_user, &user, what)
    }

    /// Forgets clients that have been quiet, so that the tables do not grow for ever.
    pub fn forget_idle(&self) {
        self.mails_per_address.retain_recent();
        self.mails_per_client.retain_recent();
        self.verifications_per_client.retain_recent();
        self.reminder_writes_per_user.retain_recent();
        self.reminder_writes_per_client.retain_recent();
    }
}

/// What one client has: an IPv4 address, or a whole /64 of IPv6, inside which addresses cost nothing.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
        address => address,
    }
}

/// `most` in `window`, all at once if need be, then evenly.
fn per(window: Duration, most: NonZeroU32) -> Quota {
    let quota = Quota::with_period(window / most.get());
    // `with_period` refuses only a period of zero, which no count of this size makes.
    quota
        .unwrap_or_else(|| Quota::per_second(most))
        .allow_burst(most)
}

fn check<K: Hash + Eq + Clone>(limiter: &Keyed<K>, key: &K, what: &str) -> Result<(), Problem> {
    limiter.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        let seconds = wait.as_secs() + 1;
        let words = match seconds {
            1 => "a second".to_owned(),
            ..=90 => format!("{seconds} seconds"),
            _ => format!("{} minutes", seconds.div_ceil(60)),
        };
        let mut problem = Problem::new(
            ProblemKind::TooManyRequests,
            format!("Too many {what}. Try again in {words}."),
        );
        problem.retry_after = Some(seconds);
        problem
    })
}
