//! What follows a commit, and a writer that dies.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::store::{Purpose, Store};

fn store(folder: &tempfile::TempDir) -> Store {
    let path = folder.path().join("desk.db");
    Store::open(&path, Purpose::Serve, Clock::system(), Chance).unwrap()
}

#[tokio::test]
async fn what_follows_a_commit_does_not_follow_an_undone_piece() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for fails in [false, true] {
        let followed = Arc::new(AtomicBool::new(false));
        let follow = Arc::clone(&followed);
        let result = store.write(move |tx| {
            tx.when_durable(move || follow.store(true, Ordering::SeqCst));
            if fails {
                return Err(Error::not_found("not_found"));
            }
            Ok(())
        });
        assert_eq!(result.await.is_err(), fails);
        assert_eq!(followed.load(Ordering::SeqCst), !fails);
    }
}

/// A value that can not even be thrown away.
struct Cursed;
impl Drop for Cursed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("cursed");
        }
    }
}

#[tokio::test]
async fn a_writer_that_dies_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let waits = Arc::new(tokio::sync::Semaphore::new(0));
    let (begun, wait) = (Arc::new(AtomicBool::new(false)), Arc::clone(&waits));
    let begins = Arc::clone(&begun);
    // The caller goes away while the work is done, so its result is dropped on the writer's thread.
    let caller = tokio::spawn({
        let store = store.clone();
        async move {
            let work = move |_: &mut Tx| {
                begins.store(true, Ordering::SeqCst);
                while wait.available_permits() == 0 {
                    std::thread::yield_now();
                }
                Ok(Cursed)
            };
            std::mem::forget(store.write(work).await);
        }
    });
    while !begun.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    caller.abort();
    let _ = caller.await;
    waits.add_permits(1);
    let noticed = tokio::time::timeout(std::time::Duration::from_secs(20), store.ended());
    noticed.await.expect("the end of the writer to be noticed");
}
