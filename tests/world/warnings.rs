//! Warnings and errors that the server's tasks log while a story runs. Each test has a runtime of one
//! thread, so a subscriber of the thread hears its own story only.

use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

pub struct Warnings {
    heard: Arc<Mutex<Vec<String>>>,
    expected: Mutex<Vec<String>>,
    _guard: DefaultGuard,
}

struct Listener(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level <= Level::WARN && event.metadata().target().starts_with("relaydesk") {
            let mut words = Words(format!("{level}"));
            event.record(&mut words);
            self.0.lock().unwrap().push(words.0);
        }
    }
}

struct Words(String);

impl tracing::field::Visit for Words {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl Warnings {
    pub fn collect() -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let subscriber = tracing_subscriber::registry().with(Listener(Arc::clone(&heard)));
        Self {
            heard,
            expected: Mutex::new(Vec::new()),
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    pub fn expect(&self, part_of_it: &str) {
        self.expected.lock().unwrap().push(part_of_it.to_owned());
    }

    pub fn all(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub fn none_unexpected(&self) {
        let expected = self.expected.lock().unwrap();
        let unexpected: Vec<String> = self
            .all()
            .into_iter()
            .filter(|heard| !expected.iter().any(|part| heard.contains(part)))
            .collect();
        assert!(
            unexpected.is_empty(),
            "unexpected warnings: {unexpected:#?}"
        );
    }
}
