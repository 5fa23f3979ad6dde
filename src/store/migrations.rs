//! Brings the tables up to date: one numbered file a step, append-only, each in one transaction.

use rusqlite::{Connection, TransactionBehavior};

/// All steps, in order; the database's `user_version` counts the ones it has.
pub const MIGRATIONS: [&str; 7] = [
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_desk.sql"),
    include_str!("../../migrations/0003_search.sql"),
    include_str!("../../migrations/0004_bot.sql"),
    include_str!("../../migrations/0005_groups.sql"),
    include_str!("../../migrations/0006_broadcasts.sql"),
    include_str!("../../migrations/0007_links.sql"),
];

/// Applies the steps the database does not have yet.
pub fn run(connection: &mut Connection) -> Result<(), String> {
    run_to(connection, MIGRATIONS.len())
}

fn run_to(connection: &mut Connection, target: usize) -> Result<(), String> {
    let tx = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| format!("can not begin the migration: {error}"))?;
    let have: usize = tx
        .query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
        .map_err(|error| format!("can not read the database's version: {error}"))?
        .try_into()
        .map_err(|_| "the database's version is negative: it is not one of relaydesk".to_owned())?;
    if have > MIGRATIONS.len() {
        return Err(format!(
            "the database has version {have}, this relaydesk knows {}: start the newer relaydesk that wrote it",
            MIGRATIONS.len()
        ));
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().take(target).skip(have) {
        let number = index + 1;
        tx.execute_batch(sql)
            .and_then(|()| {
                tx.pragma_update(
                    None,
                    "user_version",
                    i64::try_from(number).unwrap_or(i64::MAX),
                )
            })
            .map_err(|error| format!("migration {number} failed, nothing was changed: {error}"))?;
        tracing::info!(migration = number, "database brought up to date");
    }
    tx.commit()
        .map_err(|error| format!("can not finish the migration: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as a database of that version could hold them; the next step must keep them.
    const SAMPLES: [&str; MIGRATIONS.len()] = [
        include_str!("../../tests/samples/0001.sql"),
        include_str!("../../tests/samples/0002.sql"),
        include_str!("../../tests/samples/0003.sql"),
        include_str!("../../tests/samples/0004.sql"),
        include_str!("../../tests/samples/0005.sql"),
        include_str!("../../tests/samples/0006.sql"),
        include_str!("../../tests/samples/0007.sql"),
    ];

    fn at(version: usize) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .pragma_update(None, "foreign_keys", true)
            .unwrap();
        run_to(&mut connection, version).unwrap();
        if let Some(sample) = version.checked_sub(1).and_then(|index| SAMPLES.get(index)) {
            connection.execute_batch(sample).unwrap();
        }
        connection
    }

    #[test]
    fn every_version_with_sample_rows_comes_up_to_date_and_keeps_them() {
        for version in 0..=MIGRATIONS.len() {
            let mut connection = at(version);
            run(&mut connection).unwrap();
            let broken: i64 = connection
                .query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(broken, 0, "foreign keys after version {version}");
            let messages: i64 = connection
                .query_row("SELECT COUNT(*) FROM messages", [], |row| row.get(0))
                .unwrap();
            assert_eq!(
                messages,
                if version == 0 { 0 } else { 3 },
                "messages from version {version}"
            );
        }
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let mut connection = at(MIGRATIONS.len());
        connection
            .pragma_update(
                None,
                "user_version",
                i64::try_from(MIGRATIONS.len() + 1).unwrap(),
            )
            .unwrap();
        let words = run(&mut connection).unwrap_err();
        assert!(words.contains("newer relaydesk"), "{words}");
    }

    #[test]
    fn running_twice_changes_nothing() {
        let mut connection = at(MIGRATIONS.len());
        run(&mut connection).unwrap();
        let messages: i64 = connection
            .query_row("SELECT COUNT(*) FROM messages", [], |row| row.get(0))
            .unwrap();
        assert_eq!(messages, 3);
    }
}
