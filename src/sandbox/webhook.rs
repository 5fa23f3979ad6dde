//! Delivery of updates to a webhook: one at a time, in order, again until a 2xx.

use std::time::Duration;

use super::Sandbox;
use super::updates::Webhook;

/// Pauses between attempts grow from the first to the second; the real service is slower.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(60);

/// Delivers for as long as the sandbox runs.
pub(super) async fn deliver(sandbox: Sandbox) {
    let stop = sandbox.inner.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = run(&sandbox) => {}
    }
}

async fn run(sandbox: &Sandbox) {
    let Ok(client) = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
    else {
        return tracing::error!("the sandbox has no HTTP client, so it delivers to no webhook");
    };
    let mut changes = sandbox.changes();
    let mut pause = FIRST_PAUSE;
    loop {
        changes.borrow_and_update();
        let next = sandbox.look(|world| {
            let hook = world.updates.webhook.clone()?;
            Some((hook, world.updates.front()?.clone()))
        });
        let Some((hook, update)) = next else {
            if changes.changed().await.is_err() {
                return;
            }
            continue;
        };
        match post(&client, &hook, update.body.to_string()).await {
            Ok(()) => {
                sandbox.change(|world| world.updates.delivered(update.id));
                pause = FIRST_PAUSE;
            }
            Err(why) => {
                sandbox.look(|world| {
                    let at = world.clock.now().timestamp();
                    if let Some(hook) = &mut world.updates.webhook {
                        hook.last_error = Some((at, why));
                    }
                });
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

async fn post(client: &reqwest::Client, hook: &Webhook, body: String) -> Result<(), String> {
    let mut request = client
        .post(&hook.url)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body);
    if let Some(secret) = &hook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!(
            "Wrong response from the webhook: {}",
            answer.status()
        )),
        Err(error) if error.is_connect() => Err("Connection refused".to_owned()),
        Err(error) if error.is_timeout() => Err("Read timeout expired".to_owned()),
        Err(_) => Err("Connection closed".to_owned()),
    }
}
