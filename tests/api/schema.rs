//! The two schemas say the same.

use crate::harness::{Engine, Site, run};
use std::sync::{Arc, Mutex};

/// Every column of every table, in order.
async fn columns(site: Site) -> Vec<(String, String)> {
    let app = site.start().await;
    app.stop().await;
    let sql = match site.engine {
        Engine::Sqlite => {
            "SELECT t.name, c.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid"
        }
        Engine::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' ORDER BY table_name COLLATE \"C\", ordinal_position"
        }
    };
    site.pairs(sql).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_have_the_same_tables_and_columns() {
    let found =
        [Engine::Sqlite, Engine::Postgres].map(|engine| (engine, Arc::<Mutex<Vec<_>>>::default()));
    for (engine, slot) in &found {
        let slot = Arc::clone(slot);
        run(*engine, async move |site: Site| {
            *slot.lock().unwrap() = columns(site).await
        })
        .await;
    }
    let [sqlite, postgres] = found.map(|(_, slot)| std::mem::take(&mut *slot.lock().unwrap()));
    assert_eq!(sqlite, postgres);
    let tables: std::collections::BTreeSet<&str> =
        sqlite.iter().map(|(table, _)| table.as_str()).collect();
    for table in [
        "users",
        "applications",
        "stage_events",
        "sessions",
        "mutations",
        "tombstones",
    ] {
        assert!(tables.contains(table), "{table} of {tables:?}");
    }
}

#[cfg(unix)]
crate::harness::both![the_secret_is_for_its_owner_alone];

#[cfg(unix)]
async fn the_secret_is_for_its_owner_alone(site: Site) {
    use std::os::unix::fs::PermissionsExt;
    let app = site.start().await;
    let path = site.folder.join("secret.key");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let secret = std::fs::read(&path).unwrap();
    assert!(secret.len() >= 32);
    // It stays, and with it the sessions.
    let jane = app.sign_in("jane@example.com").await;
    app.stop().await;
    let app = site.start().await;
    assert_eq!(std::fs::read(&path).unwrap(), secret);
    app.browser()
        .with_bearer(&jane.token)
        .get("/auth/me")
        .await
        .is(200);
}
