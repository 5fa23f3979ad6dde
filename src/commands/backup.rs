//! `relaydesk backup FOLDER`: the database and the uploads as they are at one moment, beside a running server. Files
//! never change, so only those that are new are copied.

use std::fs;
use std::io;
use std::path::Path;

use clap::ArgMatches;
use relaydesk::config::Problems;
use relaydesk::domain::clock::Clock;
use relaydesk::domain::ids::Chance;
use relaydesk::store::{LAST_BACKUP, Purpose, Store, copy_database};

use super::{Failure, run, settings};

/// Files between two words of progress.
const TELL_EVERY: usize = 1000;

pub async fn backup(
    matches: &ArgMatches,
    args: &ArgMatches,
    problems: Problems,
) -> Result<(), Failure> {
    let config = settings(matches, problems)?;
    let folder = args.get_one::<String>("folder").map(Path::new);
    let folder = folder.ok_or_else(|| run("a folder is needed"))?;
    if !config.database.exists() {
        let path = config.database.display();
        return Err(run(format!(
            "there is no database {path}: set DATABASE_PATH"
        )));
    }
    let uploads = folder.join("uploads");
    let said = |what: &Path, error: io::Error| run(format!("{}: {error}", what.display()));
    fs::create_dir_all(&uploads).map_err(|error| said(&uploads, error))?;
    let (to, unfinished) = (folder.join("desk.db"), folder.join("desk.db.unfinished"));
    remove(&unfinished).map_err(|error| said(&unfinished, error))?;
    println!("copying the database {}", config.database.display());
    let copied = copy_database(&config.database, &unfinished).map_err(run)?;
    // The uploads come after the rows that name them, so none that is named is missing.
    let (new, all) = copy_files(&config.uploads, &uploads)?;
    fs::rename(&unfinished, &to).map_err(|error| said(&to, error))?;
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| said(folder, error))?;
    let clock = Clock::system();
    let at = clock.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let store = Store::open(&config.database, Purpose::Command, clock, Chance).map_err(run)?;
    let noted = store
        .write(move |tx| tx.put_desk_setting(LAST_BACKUP, &at))
        .await;
    store.close().await;
    noted.map_err(run)?;
    println!(
        "{}: {} messages, {} bytes, checked; {all} files, {new} of them new",
        to.display(),
        copied.messages,
        copied.bytes
    );
    Ok(())
}

/// Copies the files that are not there yet; how many, and how many there are.
fn copy_files(from: &Path, to: &Path) -> Result<(usize, usize), Failure> {
    let said = |what: &Path, error: io::Error| run(format!("{}: {error}", what.display()));
    let (mut new, mut all) = (0, 0);
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0)),
        Err(error) => return Err(said(from, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| said(from, error))?;
        let name = entry.file_name();
        // What is still arriving lies in folders and under names with a dot.
        let whole = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !whole || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        all += 1;
        let target = to.join(&name);
        if target.exists() {
            continue;
        }
        let unfinished = to.join(".unfinished");
        match fs::copy(entry.path(), &unfinished) {
            Ok(_) => {}
            // It was removed meanwhile, with the message it hung on.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(said(&target, error)),
        }
        fs::File::open(&unfinished)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, &target))
            .map_err(|error| said(&target, error))?;
        new += 1;
        if new % TELL_EVERY == 0 {
            println!("{new} files copied");
        }
    }
    Ok((new, all))
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
