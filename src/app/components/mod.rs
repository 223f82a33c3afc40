//! What pages are composed of.

pub mod activity;
pub mod agenda;
pub mod announcer;
pub mod bell;
pub mod board;
pub mod calendar_feed;
pub mod device;
pub mod dialog;
pub mod each;
pub mod entry;
pub mod form;
pub mod gates;
pub mod icon;
pub mod icon_button;
pub mod keys_dialog;
pub mod monogram;
pub mod page_header;
pub mod panel;
pub mod put_off;
pub mod quick_add;
pub mod rail;
pub mod reminder_rules;
pub mod sidebar;
pub mod sync_panel;
pub mod sync_status;
pub mod toasts;
