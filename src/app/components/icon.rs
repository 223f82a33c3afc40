//! Icons: drawn for this app on a 24 × 24 grid, stroked in the text's colour.

use leptos::prelude::*;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// `board`.
    Board,
    /// `archive`.
    Archive,
    /// `settings`.
    Settings,
    /// `search`.
    Search,
    /// `plus`.
    Plus,
    /// `close`.
    Close,
    /// `trash`.
    Trash,
    /// `archive-box`.
    ArchiveBox,
    /// `restore`.
    Restore,
    /// `clock`.
    Clock,
    /// `chevron-left`.
    ChevronLeft,
    /// `chevron-right`.
    ChevronRight,
    /// `fold`.
    Fold,
    /// `external-link`.
    ExternalLink,
    /// `mail`.
    Mail,
    /// `check`.
    Check,
    /// `alert`.
    Alert,
    /// `sign-out`.
    SignOut,
    /// `calendar`.
    Calendar,
    /// `bell`.
    Bell,
    /// `pin`.
    Pin,
    /// `lock`.
    Lock,
    /// `keyboard`.
    Keyboard,
    /// `talk`.
    Talk,
    /// `phone`.
    Phone,
    /// `reply`.
    Reply,
    /// `face-good`.
    FaceGood,
    /// `face-mixed`.
    FaceMixed,
    /// `face-bad`.
    FaceBad,
    /// `chart`.
    Chart,
    /// `logo`.
    Logo,
}

impl Icon {
    /// The drawing. Hidden from those who cannot see it: the control around it has a name.
    pub fn view(self) -> impl IntoView {
        view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" inner_html=self.shapes()></svg> }
    }

    const fn shapes(self) -> &'static str {
        match self {
            Self::Board => {
                r#"<rect x="3.5" y="4" width="4.6" height="16" rx="1.6"/><rect x="9.7" y="4" width="4.6" height="9.5" rx="1.6"/><rect x="15.9" y="4" width="4.6" height="12.5" rx="1.6"/>"#
            }
            Self::Archive => {
                r#"<rect x="3.5" y="4.5" width="17" height="4.5" rx="1.5"/><path d="M5 9v8.5a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9M10 13h4"/>"#
            }
            Self::Settings => {
                r#"<path d="M4 7.5h8.5M18.5 7.5H20M4 16.5h1.5M11.5 16.5H20"/><circle cx="15.5" cy="7.5" r="3"/><circle cx="8.5" cy="16.5" r="3"/>"#
            }
            Self::Search => r#"<circle cx="11" cy="11" r="6.5"/><path d="M15.8 15.8 20 20"/>"#,
            Self::Plus => r#"<path d="M12 5v14M5 12h14"/>"#,
            Self::Close => r#"<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>"#,
            Self::Lock => {
                r#"<rect x="5" y="10.5" width="14" height="9.5" rx="2.5"/><path d="M8.2 10.5V8a3.8 3.8 0 0 1 7.6 0v2.5M12 14.2v2.2"/>"#
            }
            Self::Trash => {
                r#"<path d="M4.5 6.5h15M9 6.5V5.2c0-.7.5-1.2 1.2-1.2h3.6c.7 0 1.2.5 1.2 1.2v1.3M6.5 6.5l.7 11.6a2 2 0 0 0 2 1.9h5.6a2 2 0 0 0 2-1.9l.7-11.6M10.2 10.5v5.5M13.8 10.5v5.5"/>"#
            }
            Self::ArchiveBox => {
                r#"<rect x="3.5" y="4.5" width="17" height="4.5" rx="1.5"/><path d="M5 9v8.5a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9M12 11.5v5M9.8 14.5l2.2 2.2 2.2-2.2"/>"#
            }
            Self::Restore => r#"<path d="M4.5 4.5v5h5M4.7 9.5A7.75 7.75 0 1 1 4.5 14"/>"#,
            Self::Clock => r#"<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l2.8 1.8"/>"#,
            Self::ChevronLeft => r#"<path d="M14.5 6l-6 6 6 6"/>"#,
            Self::ChevronRight => r#"<path d="M9.5 6l6 6-6 6"/>"#,
            Self::Fold => {
                r#"<path d="M12 4.5v15M3.5 12H9M6.5 9.2 9.2 12l-2.7 2.8M20.5 12H15M17.5 9.2 14.8 12l2.7 2.8"/>"#
            }
            Self::ExternalLink => {
                r#"<path d="M10 5.5H7a2 2 0 0 0-2 2V17a2 2 0 0 0 2 2h9.5a2 2 0 0 0 2-2v-3M14 5h5v5M19 5l-8 8"/>"#
            }
            Self::Mail => {
                r#"<rect x="3.5" y="5.5" width="17" height="13" rx="2"/><path d="M4.2 8l6.7 4.6c.7.5 1.5.5 2.2 0L19.8 8"/>"#
            }
            Self::Check => r#"<path d="M5 12.8l4.5 4.4L19 7.2"/>"#,
            Self::Alert => {
                r#"<path d="M10.7 5.2 3.7 17.3a1.5 1.5 0 0 0 1.3 2.2h14a1.5 1.5 0 0 0 1.3-2.2L13.3 5.2a1.5 1.5 0 0 0-2.6 0zM12 9.8v4M12 16.6v.01"/>"#
            }
            Self::SignOut => {
                r#"<path d="M14 8.5v-2a2 2 0 0 0-2-2H6.5a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H12a2 2 0 0 0 2-2v-2M10 12h10M17 9l3 3-3 3"/>"#
            }
            Self::Calendar => {
                r#"<rect x="4" y="5.5" width="16" height="14.5" rx="2"/><path d="M4 10h16M8.5 3.5v4M15.5 3.5v4"/>"#
            }
            Self::Bell => r#"<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4"/>"#,
            Self::Pin => {
                r#"<path d="M12 20.5c4-4.3 6.2-7.3 6.2-10.3a6.2 6.2 0 1 0-12.4 0c0 3 2.2 6 6.2 10.3z"/><circle cx="12" cy="10.2" r="2.2"/>"#
            }
            Self::Keyboard => {
                r#"<rect x="3" y="6" width="18" height="12" rx="2"/><path d="M7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M7 14h.01M17 14h.01M10 14h4"/>"#
            }
            Self::Talk => {
                r#"<path d="M4.5 6.5a2 2 0 0 1 2-2h11a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H11l-4 4v-4h-.5a2 2 0 0 1-2-2zM8.5 10h.01M12 10h.01M15.5 10h.01"/>"#
            }
            Self::Phone => {
                r#"<path d="M5 5.5c0-.6.4-1 1-1h2.6c.5 0 .9.3 1 .8l.7 3c.1.4 0 .8-.3 1l-1.6 1.4a11 11 0 0 0 4.9 4.9l1.4-1.6c.2-.3.6-.4 1-.3l3 .7c.5.1.8.5.8 1V18c0 .6-.4 1-1 1A13.5 13.5 0 0 1 5 5.5z"/>"#
            }
            Self::Reply => r#"<path d="M9.5 6.5 4.5 11.5l5 5M5 11.5h8.5a6 6 0 0 1 6 6"/>"#,
            Self::FaceGood => {
                r#"<circle cx="12" cy="12" r="8.5"/><path d="M9 10h.01M15 10h.01M8.3 14c.8 1.4 2.1 2.2 3.7 2.2s2.9-.8 3.7-2.2"/>"#
            }
            Self::FaceMixed => {
                r#"<circle cx="12" cy="12" r="8.5"/><path d="M9 10h.01M15 10h.01M8.5 15h7"/>"#
            }
            Self::FaceBad => {
                r#"<circle cx="12" cy="12" r="8.5"/><path d="M9 10h.01M15 10h.01M8.3 16c.8-1.4 2.1-2.2 3.7-2.2s2.9.8 3.7 2.2"/>"#
            }
            Self::Chart => r#"<path d="M4.5 19.5h15M7.5 16v-5M12 16V6M16.5 16v-7.5"/>"#,
            Self::Logo => {
                r#"<path d="M6 18.6v-3.2M12 18.6V10M18 18.6v-7.4M18 5.6v.01" stroke-width="3.4"/>"#
            }
        }
    }
}
