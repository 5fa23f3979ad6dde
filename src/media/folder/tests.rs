//! What lies in the folder, and when it goes.

use std::collections::HashSet;
use std::fs;

use super::*;
use crate::domain::clock::Clock;
use crate::media::fixtures::Place;

const HOUR: Duration = Duration::from_secs(3600);

fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn opening_clears_what_an_interrupted_run_left_and_nothing_else() {
    let place = Place::new().await;
    let kept = place.document(b"words", "w").await.keep().name;
    fs::write(place.uploads.dir().join(".tmp-0123"), b"half").unwrap();
    fs::write(place.uploads.dir().join(".gitkeep"), b"").unwrap();
    Uploads::open(place.uploads.dir().to_owned()).await.unwrap();
    assert_eq!(place.files(), [".gitkeep", kept.as_str()]);
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_is_refused_at_the_start() {
    let place = Place::new().await;
    let file = place.folder.path().join("a file");
    fs::write(&file, b"").unwrap();
    assert!(matches!(
        Uploads::open(file.clone()).await,
        Err(MediaError::Io(_))
    ));
    assert!(matches!(
        Uploads::open(file.join("below")).await,
        Err(MediaError::Io(_))
    ));
}

#[tokio::test]
async fn odd_names_reach_no_file() {
    let place = Place::new().await;
    fs::write(place.folder.path().join("secret"), b"secret").unwrap();
    for name in [
        "../secret",
        "..",
        "",
        "/etc/passwd",
        ".gitkeep",
        "a/../../secret",
        "x\0",
    ] {
        assert_eq!(place.uploads.path(name), None, "{name}");
        let read = place.uploads.read(name).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::NotFound, "{name}");
        assert!(!place.uploads.remove(name).await.unwrap(), "{name}");
    }
    assert!(place.folder.path().join("secret").exists());
}

#[tokio::test]
async fn a_removed_file_is_gone_and_removing_it_again_is_no_error() {
    let place = Place::new().await;
    let name = place.document(b"words", "w").await.keep().name;
    assert!(place.uploads.remove(&name).await.unwrap());
    assert!(!place.uploads.remove(&name).await.unwrap());
    let read = place.uploads.read(&name).await;
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[tokio::test]
async fn only_files_of_this_module_that_are_old_enough_are_named() {
    let place = Place::new().await;
    let clock = Clock::fake(noon());
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(place.document(b"words", "w").await.keep().name);
    }
    fs::write(place.uploads.dir().join(".gitkeep"), b"").unwrap();
    let [old, fresh, ahead] = <[String; 3]>::try_from(names).unwrap();
    place.last_written(".gitkeep", noon() - 9 * HOUR);
    place.last_written(&old, noon() - 2 * HOUR);
    place.last_written(&fresh, noon() - HOUR / 2);
    place.last_written(&ahead, noon() + 2 * HOUR);
    assert_eq!(
        old_names(&place, &clock).await,
        HashSet::from([old.clone()])
    );
    clock.advance(HOUR);
    assert_eq!(old_names(&place, &clock).await, HashSet::from([old, fresh]));
}

async fn old_names(place: &Place, clock: &Clock) -> HashSet<String> {
    let mut old = place
        .uploads
        .names_older_than(HOUR, clock.now())
        .await
        .unwrap();
    let mut names = HashSet::new();
    while let Some(batch) = old.next_batch().await.unwrap() {
        names.extend(batch);
    }
    names
}

#[tokio::test]
async fn many_old_names_come_in_batches_and_each_once() {
    let place = Place::new().await;
    let mut wanted = HashSet::new();
    for _ in 0..BATCH + 7 {
        let name = names::with_extension("bin").unwrap();
        fs::write(place.uploads.dir().join(&name), b"").unwrap();
        place.last_written(&name, noon() - 2 * HOUR);
        wanted.insert(name);
    }
    let mut old = place.uploads.names_older_than(HOUR, noon()).await.unwrap();
    let mut sizes = Vec::new();
    let mut found = HashSet::new();
    while let Some(batch) = old.next_batch().await.unwrap() {
        sizes.push(batch.len());
        found.extend(batch);
    }
    assert_eq!((sizes, found), (vec![BATCH, 7], wanted));
}
