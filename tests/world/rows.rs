//! The rows of the database at a moment: to tell whether something changed, and to begin again where they were.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{PATIENCE, World};

/// Rows by table.
#[derive(Clone, PartialEq, Eq)]
pub struct Rows(BTreeMap<String, Vec<String>>);

impl Rows {
    /// The tables whose rows are others now, these left out.
    pub fn changed(&self, now: &Self, but: &[&str]) -> Vec<String> {
        let all = self.0.iter().filter(|(name, rows)| {
            !but.contains(&name.as_str()) && now.0.get(*name) != Some(*rows)
        });
        all.map(|(name, _)| name.clone()).collect()
    }
}

/// What a story begins again with, each time.
pub struct Beginning {
    sql: Connection,
    tables: Vec<String>,
    /// What puts the kept rows back.
    back: String,
}

impl World {
    /// Waits until the bot has taken in all that was done, and has said what there was to say.
    pub async fn settles(&self) {
        let waiting = "SELECT COUNT(*) FROM inbox WHERE state = 'new'";
        let left = |sql: &Connection| sql.query_row(waiting, [], |row| row.get(0));
        self.until("every update to be done", async || {
            let taken = self.sandbox.updates_waiting() == 0;
            taken && self.in_database(left) == Ok(0)
        })
        .await;
        self.queue_is_empty().await;
    }

    /// Keeps the rows of these tables, which have ids, as they are now.
    pub fn begins(&self, kept: &[&str]) -> Beginning {
        let sql = self.sql();
        sql.busy_timeout(PATIENCE).unwrap();
        sql.execute_batch("ATTACH ':memory:' AS kept").unwrap();
        let mut back = String::new();
        for table in kept {
            let copy = format!("CREATE TABLE kept.{table} AS SELECT * FROM main.{table}");
            sql.execute_batch(&copy).unwrap();
            let columns = names(
                &sql,
                &format!("SELECT name FROM pragma_table_info('{table}')"),
            );
            let columns = columns.join(", ");
            back += &format!(
                "UPDATE main.{table} SET ({columns}) = (SELECT {columns} FROM kept.{table} k WHERE k.id = {table}.id);"
            );
        }
        // Tables of the search follow the others, and every update has a row of its own.
        let tables = names(
            &sql,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND name NOT LIKE '%fts%' AND name <> 'inbox' ORDER BY name",
        );
        Beginning { sql, tables, back }
    }
}

fn names(sql: &Connection, query: &str) -> Vec<String> {
    let mut statement = sql.prepare(query).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

impl Beginning {
    /// Puts the kept rows back, and does this besides.
    pub fn again(&self, besides: &str) {
        let all = format!("BEGIN IMMEDIATE; {} {besides}; COMMIT", self.back);
        self.sql.execute_batch(&all).unwrap();
    }

    /// All rows but those of updates.
    pub fn rows(&self) -> Rows {
        let of = |table: &String| {
            let query = format!("SELECT * FROM main.{table} ORDER BY 1, 2");
            let mut statement = self.sql.prepare_cached(&query).unwrap();
            let count = statement.column_count();
            let rows = statement.query_map([], |row| {
                let values = (0..count).map(|at| Ok(format!("{:?}", row.get_ref(at)?)));
                values.collect::<rusqlite::Result<Vec<_>>>()
            });
            let rows = rows.unwrap().map(|row| row.unwrap().join(" | "));
            (table.clone(), rows.collect())
        };
        Rows(self.tables.iter().map(of).collect())
    }
}
