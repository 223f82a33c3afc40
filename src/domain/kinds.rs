//! The kinds of row that are synchronised. This is the one list of them: what is the same for each is
//! made from it.

/// Passes the kinds to the macro `$then`, after `$arg`: all of them as module and type, name of their
/// table in code, word on the wire and number of shards in a client's store (a power of two); then the
/// types of those that people make or change.
macro_rules! kinds {
    ($then:ident $($arg:tt)*) => {
        $then! {
            $($arg)*
            all {
                /// An application.
                application::Application applications "application" 64,
                /// A change of status.
                stage::StageEvent stage_events "stage_event" 64,
                /// An interview, a call, a follow-up.
                activity::Activity activities "activity" 64,
                /// A reminder.
                reminder::Reminder reminders "reminder" 64,
                /// The user's settings; its id is the user's.
                settings::Settings settings "settings" 1,
            }
            edited {
                application::Application, stage::StageEvent, activity::Activity,
                reminder::Reminder, settings::Settings,
            }
        }
    };
}
pub(crate) use kinds;
