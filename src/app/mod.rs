//! What people see.

pub mod acts;
pub mod components;
pub mod content_policy;
pub mod dialogs;
#[cfg(feature = "ssr")]
pub mod document;
pub mod figures;
pub mod frame;
pub mod keys;
pub mod leaving;
pub mod origin;
pub mod pages;
pub mod pwa;
pub mod session;
pub mod share;
pub mod zone_offer;

use crate::client::store::Store;
use components::{announcer::Announcer, bell::NewReminders};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};
use pages::{
    analytics::AnalyticsPage, archive::ArchivePage, board::BoardPage, not_found::NotFoundPage,
    report::ReportPage, settings::SettingsPage, sign_in::SignInPage, today::TodayPage,
    verify::VerifyPage,
};

/// The app.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    acts::listen();
    leaving::provide();
    provide_context(Store::default());
    provide_context(Announcer::default());
    session::provide();
    dialogs::provide();
    let new = NewReminders::default();
    provide_context(new);
    figures::provide();
    origin::provide();
    pwa::provide();
    content_policy::send();

    view! {
        <Title formatter=move |title: String| {
            let title = match title.as_str() {
                "" => "Job Hunt Tracker".to_owned(),
                title => format!("{title} · Job Hunt Tracker"),
            };
            match new.0.get() {
                0 => title,
                count => format!("({count}) {title}"),
            }
        }/>
        <Router>
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/verify") view=VerifyPage ssr=SsrMode::Async/>
                <Route path=path!("/board/:id?") view=BoardPage ssr=SsrMode::Async/>
                <Route path=path!("/today") view=TodayPage ssr=SsrMode::Async/>
                <Route path=path!("/analytics") view=AnalyticsPage ssr=SsrMode::Async/>
                <Route path=path!("/analytics/report") view=ReportPage ssr=SsrMode::Async/>
                <Route path=path!("/archive") view=ArchivePage ssr=SsrMode::Async/>
                <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
