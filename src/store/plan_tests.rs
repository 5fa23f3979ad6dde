//! Every query of the store is planned on a database as it is made, and none of them reads a large table from
//! end to end. The queries are taken from the sources, so that a new one is looked at without being named here.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::messages::select_messages;
use super::migrations;
use super::open::keep_plans;
use super::tickets::select_tickets;

/// Tables that grow without end.
const LARGE: [&str; 8] = [
    "tickets",
    "messages",
    "contacts",
    "attachments",
    "outbox",
    "inbox",
    "activity_log",
    "message_mapping",
];

/// Queries that read a large table whole on purpose, by a part of their words.
const WHOLE: [(&str, &str); 1] = [(
    "UPDATE outbox SET due_at",
    "once, at the start, over what waits",
)];

pub fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrations::run(&mut connection).unwrap();
    // As the server's readers plan.
    keep_plans(&connection).unwrap();
    connection
}

/// The steps of a query's plan, each with the step it belongs to.
pub fn plan(connection: &Connection, sql: &str) -> Vec<(i64, i64, String)> {
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    let mut statement = connection
        .prepare(&explain)
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    let unset = vec![rusqlite::types::Value::Null; statement.parameter_count()];
    let rows = statement.query_map(rusqlite::params_from_iter(unset), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(3)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// The names a query gives the large tables.
fn names(sql: &str) -> Vec<String> {
    let words: Vec<&str> = sql
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let mut names = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if LARGE.contains(word) {
            names.push((*word).to_owned());
            let next = words.get(at + 1).copied().unwrap_or_default();
            let alias = if next == "AS" {
                words.get(at + 2).copied().unwrap_or_default()
            } else {
                next
            };
            if alias.chars().all(|c| c.is_ascii_lowercase()) && !alias.is_empty() {
                names.push(alias.to_owned());
            }
        }
    }
    names
}

/// The query within the brackets that finds a page; around it the few rows of a page may be sorted.
fn page(sql: &str) -> String {
    let within = sql
        .split_once("FROM (SELECT")
        .and_then(|(_, rest)| rest.split_once(") AS page"));
    match within {
        Some((within, _)) => format!("SELECT{within}"),
        None => sql.to_owned(),
    }
}

/// A page in the order of the table's own key is read as far as it goes, and no further.
fn is_in_key_order(connection: &Connection, page: &str) -> bool {
    let ordered = ["ORDER BY id ", "ORDER BY id DESC "];
    let ordered = ordered.iter().any(|words| page.contains(words));
    ordered && page.contains("LIMIT ?") && !sorts(connection, page)
}

/// Steps that read a large table row by row, without so much as an index.
pub fn whole_reads(connection: &Connection, sql: &str) -> Vec<String> {
    if is_in_key_order(connection, &page(sql)) {
        return Vec::new();
    }
    let names = names(sql);
    let steps = plan(connection, sql).into_iter().map(|(_, _, step)| step);
    steps
        .filter(|step| {
            let table = step.strip_prefix("SCAN ");
            table.is_some_and(|table| names.iter().any(|name| name == table))
        })
        .collect()
}

/// Whether a query that finds a page first goes on from it, and does not look each row of a table up in it.
pub fn begins_with_its_page(connection: &Connection, sql: &str) -> bool {
    let steps = plan(connection, sql);
    let mut steps = steps.iter().map(|(_, _, step)| step);
    // A page without a limit may be planned as one with what is around it.
    let limited = sql.contains(" AS page") && page(sql).contains("LIMIT ?");
    !limited || steps.any(|step| step == "SCAN page")
}

/// Whether a query sorts what it found.
pub fn sorts(connection: &Connection, sql: &str) -> bool {
    let steps = plan(connection, sql);
    steps
        .iter()
        .any(|(_, _, step)| step.contains("USE TEMP B-TREE FOR ORDER BY"))
}

/// The text of each `select_…!` with a hole where the rest goes, and of lists of columns.
fn macros() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("select_messages", select_messages!("@").to_owned()),
        ("select_tickets", select_tickets!("@").to_owned()),
    ])
}

/// The string that begins at the start of `text`, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    if let Some(raw) = text.strip_prefix("r\"") {
        let end = raw.find('"')?;
        return Some((raw[..end].to_owned(), &raw[end + 1..]));
    }
    let rest = text.strip_prefix('"')?;
    let mut end = 0;
    while !rest[end..].starts_with('"') {
        end += if rest[end..].starts_with('\\') {
            2
        } else {
            rest[end..].chars().next()?.len_utf8()
        };
    }
    Some((rest[..end].to_owned(), &rest[end + 1..]))
}

/// The strings between a bracket and its end, in order; `name!()` inside is looked up.
fn strings(mut text: &str, known: &BTreeMap<String, String>) -> String {
    let mut all = String::new();
    let mut depth = 1;
    while depth > 0 && !text.is_empty() {
        if let Some((string, rest)) = literal(text) {
            all.push_str(&string);
            text = rest;
            continue;
        }
        for (name, content) in known {
            if text.starts_with(&format!("{name}!()")) {
                all.push_str(content);
            }
        }
        depth += match text.chars().next() {
            Some('(') => 1,
            Some(')') => -1,
            _ => 0,
        };
        let mut letters = text.chars();
        letters.next();
        text = letters.as_str();
    }
    all
}

/// Lists of columns: macros without arguments whose body is one string.
fn columns(source: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (at, _) in source.match_indices("macro_rules! ") {
        let rest = &source[at + "macro_rules! ".len()..];
        let name: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let Some((_, body)) = rest.split_once("() => {") else {
            continue;
        };
        if let Some((content, _)) = literal(body.trim_start()) {
            found.insert(name, content);
        }
    }
    found
}

/// Macros that put the words of one argument behind their own: `select_agents!("WHERE id = ?1")`.
fn prefixes(source: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (at, _) in source.match_indices("macro_rules! select_") {
        let rest = &source[at + "macro_rules! ".len()..];
        let name: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let Some((_, body)) = rest.split_once("concat!(") else {
            continue;
        };
        // Up to the argument, where it comes last.
        let Some((own, rest)) = body.split_once('$') else {
            continue;
        };
        let behind = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        if behind.trim_start().starts_with(')') {
            found.insert(name, strings(own, &columns(source)));
        }
    }
    found
}

fn is_query(text: &str) -> bool {
    let verbs = ["SELECT ", "UPDATE ", "DELETE ", "INSERT INTO ", "WITH "];
    verbs.iter().any(|verb| text.trim_start().starts_with(verb))
}

/// The queries of a file that are written down whole.
fn queries(source: &str, columns: &BTreeMap<String, String>) -> Vec<String> {
    let code = source
        .split_once("\n#[cfg(test)]\nmod tests {")
        .map_or(source, |(code, _)| code);
    let (prefixes, holes) = (prefixes(code), macros());
    let mut found = Vec::new();
    for (at, _) in code.match_indices("r\"") {
        if let Some((text, _)) = literal(&code[at..])
            && is_query(&text)
        {
            found.push(text);
        }
    }
    for (at, _) in code.match_indices("concat!(") {
        let text = strings(&code[at + "concat!(".len()..], columns);
        // Those of the macros themselves have a hole in their middle.
        if is_query(&text) && !code[..at].trim_end().ends_with("=> {") {
            found.push(text);
        }
    }
    for (at, _) in code.match_indices("!(") {
        let name = code[..at]
            .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default();
        let argument = code[at + 2..].trim_start();
        let Some((argument, _)) = literal(argument) else {
            continue;
        };
        if let Some(hole) = holes.get(name) {
            found.push(hole.replace('@', &argument));
        } else if let Some(prefix) = prefixes.get(name) {
            found.push(format!("{prefix}{argument}"));
        }
    }
    // Holes that are filled in while the server runs have a test beside their code.
    found.retain(|sql| !sql.contains("@page") && !sql.contains('{'));
    found
}

/// The lists of columns of all files: some are used by their neighbours.
fn all_columns() -> BTreeMap<String, String> {
    let all = sources().into_iter();
    all.flat_map(|(_, source)| columns(&source)).collect()
}

fn sources() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .filter(|(name, _)| !name.ends_with("tests"))
        .collect();
    found.sort();
    found
}

#[test]
fn no_query_reads_a_large_table_whole() {
    let connection = database();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    let columns = all_columns();
    for (name, source) in sources() {
        for sql in queries(&source, &columns) {
            seen += 1;
            let excused = WHOLE.iter().any(|(part, _)| sql.contains(part));
            for step in whole_reads(&connection, &sql) {
                if !excused {
                    wrong.push(format!("{name}: {step} in {sql}"));
                }
            }
        }
    }
    assert!(seen > 80, "only {seen} queries were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_queries_are_really_read() {
    let source = r##"macro_rules! cols { () => { "id, user_id" }; }
        fn a() { let sql = r"SELECT id FROM tickets WHERE title = ?1"; }
        fn b() { concat!("SELECT ", cols!(), " FROM contacts WHERE name = ?1"); }
        fn c() { select_messages!("SELECT id FROM messages WHERE text = ?1"); }"##;
    let found = queries(source, &columns(source));
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[1], "SELECT id, user_id FROM contacts WHERE name = ?1");
    let connection = database();
    for sql in found {
        assert_eq!(whole_reads(&connection, &sql).len(), 1, "{sql}");
    }
    let aliased =
        "SELECT t.id FROM tickets AS t JOIN contacts c ON c.id = t.contact_id WHERE t.title = ?1";
    assert_eq!(whole_reads(&connection, aliased), ["SCAN t"]);
}

#[test]
fn pages_that_are_written_down_whole_come_from_an_index_in_order() {
    let connection = database();
    let columns = all_columns();
    for (name, source) in sources() {
        for sql in queries(&source, &columns) {
            let page = page(&sql);
            let paged = page.contains("ORDER BY") && page.contains("LIMIT ?");
            assert!(
                begins_with_its_page(&connection, &sql),
                "{name} does not begin with its page: {sql}"
            );
            // A search is in the order of its rank; a table of a few dozen rows may be sorted.
            if paged && !page.contains("_fts MATCH") && !names(&page).is_empty() {
                assert!(!sorts(&connection, &page), "{name} sorts: {page}");
            }
        }
    }
}
