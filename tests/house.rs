//! The shape of the house: arrows between its rooms go down only, no file grows past a screenful of
//! screens, and the documents say what the code says.

use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

use relaydesk::config;

/// What each room may use. An arrow that is not here goes up or sideways.
const ROOMS: [(&str, &[&str]); 15] = [
    (
        "main",
        &[
            "app", "config", "desk", "domain", "push", "sandbox", "store", "telegram",
        ],
    ),
    (
        "app",
        &[
            "config", "delivery", "desk", "domain", "http", "media", "push", "realtime", "store",
            "telegram", "texts",
        ],
    ),
    (
        "http",
        &["config", "delivery", "desk", "domain", "media", "texts"],
    ),
    (
        "realtime",
        &["config", "delivery", "desk", "domain", "media", "texts"],
    ),
    (
        "telegram",
        &["config", "delivery", "desk", "domain", "media", "texts"],
    ),
    (
        "push",
        &["config", "delivery", "desk", "domain", "media", "texts"],
    ),
    ("sandbox", &["domain"]),
    ("desk", &["domain", "media", "store", "texts"]),
    ("delivery", &["domain", "store"]),
    ("media", &["domain"]),
    ("store", &["domain"]),
    ("domain", &[]),
    ("config", &["domain"]),
    ("texts", &["domain"]),
    ("lib", &[]),
];
/// Lines of a file.
const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join("src")]);
    while let Some(folder) = folders.pop() {
        for entry in read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found.sort();
    found
}

/// The path below `src/` without its ending: `telegram/client/tests`.
fn name(source: &Path) -> String {
    let below = source.strip_prefix(root().join("src")).unwrap();
    below.with_extension("").to_str().unwrap().to_owned()
}

/// Which room a file belongs to; what main calls is a part of main.
fn room(name: &str) -> &str {
    match name.split('/').next().unwrap() {
        "commands" => "main",
        room => room,
    }
}

/// Modules that are compiled for tests only; they may build whatever world they need.
fn is_of_tests(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap();
    name.split('/').any(|part| part.ends_with("tests")) || matches!(last, "fixtures" | "fcm_world")
}

/// The code without its comments and without the tests at its end.
fn code(source: &str) -> String {
    let (code, _) = source
        .split_once("\n#[cfg(test)]\nmod tests {")
        .unwrap_or((source, ""));
    let kept = code.lines().map(|line| line.split("//").next().unwrap());
    kept.collect::<Vec<_>>().join("\n")
}

/// The rooms that a file names, by a path from the crate's root.
fn used(name: &str, code: &str) -> Vec<String> {
    // `super::` as often as the module is deep leads to the root too.
    let depth = match name.strip_suffix("/mod") {
        Some(module) => module.split('/').count(),
        None => name.split('/').count(),
    };
    let code = code.replace(&"super::".repeat(depth), "crate::");
    let code = if room(name) == "main" {
        code.replace("relaydesk::", "crate::")
    } else {
        code
    };
    let mut used = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => used.extend(first_names(list)),
            None => used.push(word(rest)),
        }
    }
    used.retain(|name| ROOMS.iter().any(|(room, _)| room == name));
    used
}

fn word(text: &str) -> String {
    let letter = |c: &char| c.is_alphanumeric() || *c == '_';
    text.chars().take_while(letter).collect()
}

/// The names at the top of a list of imports whose brace is open.
fn first_names(list: &str) -> Vec<String> {
    let (mut names, mut depth, mut fresh) = (Vec::new(), 1, true);
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            _ if letter.is_whitespace() => {}
            _ if fresh && depth == 1 => {
                names.push(word(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[test]
fn arrows_between_rooms_go_down_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        let name = name(&source);
        if is_of_tests(&name) {
            continue;
        }
        let own = room(&name);
        let allowed = ROOMS.iter().find(|(room, _)| *room == own);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("src/{name}.rs is in no known room"));
        for other in used(&name, &code(&read_to_string(&source).unwrap())) {
            if other != own && !allowed.contains(&&*other) {
                wrong.push(format!("src/{name}.rs uses {other}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that go up or sideways:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_arrows_are_really_read() {
    let code = code(
        "use crate::{desk::{Desk, access}, store};\n// crate::http\nfn f() { crate::media::x(); }\n#[cfg(test)]\nmod tests {\n use crate::push::Sender; }",
    );
    assert_eq!(used("telegram/x", &code), ["desk", "store", "media"]);
    assert_eq!(used("store/x", "use super::super::desk::Desk;"), ["desk"]);
    assert_eq!(
        used("main", "use relaydesk::sandbox::Sandbox;"),
        ["sandbox"]
    );
}

#[test]
fn adapters_know_neither_the_store_nor_each_other() {
    let adapters = ["http", "realtime", "telegram", "push", "sandbox"];
    for (room, allowed) in ROOMS {
        if adapters.contains(&room) {
            assert!(!allowed.contains(&"store"), "{room}");
            assert!(
                !allowed.iter().any(|other| adapters.contains(other)),
                "{room}"
            );
        }
    }
}

#[test]
fn no_file_is_longer_than_it_can_be_read() {
    let lines = |path: &PathBuf| read_to_string(path).unwrap().lines().count();
    let long = sources().into_iter().filter(|path| lines(path) > LONGEST);
    let long: Vec<String> = long
        .map(|path| format!("src/{}.rs: {}", name(&path), lines(&path)))
        .collect();
    assert!(
        long.is_empty(),
        "over {LONGEST} lines, two rooms each: {long:#?}"
    );
}

#[test]
fn every_file_begins_by_saying_what_lives_there() {
    let silent = sources()
        .into_iter()
        .filter(|path| !is_of_tests(&name(path)))
        .filter(|path| !read_to_string(path).unwrap().starts_with("//!"));
    let silent: Vec<String> = silent.map(|path| name(&path)).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn the_example_of_settings_is_made_from_the_settings() {
    let example = read_to_string(root().join(".env.example")).unwrap();
    assert_eq!(
        example,
        config::env_example(),
        "write the right side into .env.example"
    );
}

#[test]
fn the_readme_shows_every_setting() {
    let readme = read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme
        .split_once("<!-- settings -->")
        .expect("README.md has <!-- settings -->");
    let (table, _) = rest
        .split_once("<!-- /settings -->")
        .expect("README.md has <!-- /settings -->");
    assert_eq!(
        table.trim(),
        config::markdown().trim(),
        "write the right side into README.md"
    );
}

#[test]
fn every_path_in_the_architecture_exists() {
    let text = read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let paths: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| looks_like_a_path(quoted))
        .collect();
    assert!(!paths.is_empty(), "ARCHITECTURE.md names no file");
    let exists = |path: &str| {
        let path = path.trim_end_matches('/');
        [root().join(path), root().join("src").join(path)]
            .iter()
            .any(|path| path.exists())
    };
    let gone: Vec<_> = paths.into_iter().filter(|path| !exists(path)).collect();
    assert!(
        gone.is_empty(),
        "ARCHITECTURE.md names what does not exist: {gone:?}"
    );
}

/// `src/app.rs`, `migrations/`, `scripts/test`; not `/health`, `a::b`, `GET /x` or `npm i`.
fn looks_like_a_path(quoted: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let known_end = [
        ".rs", ".toml", ".sql", ".ftl", ".md", ".html", ".css", ".js",
    ];
    quoted.chars().all(plain)
        && !quoted.starts_with('/')
        && (known_end
            .iter()
            .any(|end| quoted.ends_with(end) && quoted.len() > end.len())
            || [
                "src/",
                "tests/",
                "migrations/",
                "locales/",
                "scripts/",
                "web/",
                "benches/",
                ".ci/",
            ]
            .iter()
            .any(|folder| quoted.starts_with(folder)))
}
