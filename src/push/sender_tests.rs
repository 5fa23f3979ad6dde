//! What becomes of a push, of its device and of the health of pushes, with a real desk.

use serde_json::json;

use super::super::fcm::tests::world::{Says, World, lock, start};
use super::super::token::tests::account_file;
use super::*;
use crate::desk::access::Caller;
use crate::desk::answers::Answer;
use crate::desk::devices::Registration;
use crate::desk::intake::Incoming;
use crate::domain::clock::Clock;
use crate::domain::device::Platform;
use crate::domain::ids::{Chance, JobId, UserId};
use crate::domain::locale::Locale;
use crate::media::Uploads;
use crate::push::ServiceAccount;
use crate::store::{Purpose, Store};
use crate::texts::Texts;

/// Alice with two phones, an answer for her, and FCM as the test wants it.
struct Scene {
    desk: Arc<Desk>,
    sender: Sender,
    world: Arc<World>,
    answer: MessageId,
    _folder: tempfile::TempDir,
}

fn alice() -> UserId {
    UserId::parse("alice", "user_id").unwrap()
}

async fn desk(folder: &std::path::Path) -> Desk {
    let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
    let path = folder.join("desk.db");
    let store = Store::open(&path, Purpose::Serve, clock.clone(), Chance).unwrap();
    let settings = crate::desk::Settings {
        timezone: chrono_tz::UTC,
        locale: Locale::Ru,
        group: false,
        push: true,
        files: None,
        groups: None,
        ticket_expiry: chrono::Duration::minutes(10),
        api_token: None,
        super_admins: Vec::new(),
        jwt_secret: None,
        rate_per_address: 0,
        rate_per_user: 0,
    };
    let uploads = Uploads::open(folder.join("uploads")).await.unwrap();
    let texts = Arc::new(Texts::load().unwrap());
    Desk::new(store, uploads, clock, Chance, texts, settings)
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Arc::new(desk(folder.path()).await);
        let (world, base) = start().await;
        let file = account_file(&format!("{base}/token"), 2048).to_string();
        let settings = PushSettings {
            account: ServiceAccount::parse(file.as_bytes()).unwrap(),
            api_url: base,
            public_url: Some("https://desk.example".to_owned()),
        };
        let sender = Sender::new(settings, desk.clone()).unwrap();
        for token in ["phone-1", "phone-2"] {
            let registration = Registration {
                user: alice(),
                token: token.to_owned(),
                platform: Platform::Android,
                device_id: None,
            };
            desk.register_device(&Caller::Trusted, registration)
                .await
                .unwrap();
        }
        let incoming = Incoming {
            user: alice(),
            text: "Где заказ?".to_owned(),
            user_name: None,
            photos: Vec::new(),
            photo_link: None,
            client_msg_id: None,
        };
        let asked = desk.receive(&Caller::Trusted, incoming).await.unwrap();
        let answer = Answer {
            ticket: asked.ticket.unwrap(),
            text: "Уже едем".to_owned(),
            attachments: Vec::new(),
            agent_name: "Support Team".to_owned(),
            agent_telegram_id: None,
            agent: None,
            sources: Vec::new(),
            media_group: None,
            updates: Vec::new(),
        };
        let answer = desk.answer(answer).await.unwrap().unwrap().id;
        Self {
            desk,
            sender,
            world,
            answer,
            _folder: folder,
        }
    }

    async fn devices(&self) -> Vec<Device> {
        self.desk.devices_of(alice()).await.unwrap()
    }

    async fn push(&self, message: Option<MessageId>, device: Option<DeviceId>) -> Outcome {
        let job = Job {
            lane: "device:1".into(),
            id: JobId(1),
            kind: "reply".to_owned(),
            ticket: None,
            message,
            device,
            payload: json!({}),
            attempts: 1,
            uncertain: false,
        };
        self.sender.carry(job).await
    }

    async fn push_when_fcm_says(&self, says: Says) -> Outcome {
        *lock(&self.world.fcm) = vec![says];
        let device = self.devices().await[0].id;
        self.push(Some(self.answer), Some(device)).await
    }

    fn trouble(&self) -> Option<String> {
        self.desk.health().trouble(Part::Push)
    }
}

fn fcm_says(status: u16, code: &str) -> Says {
    let body = format!(r#"{{"error":{{"status":"{code}","message":"m"}}}}"#);
    Says::Status(status, body.leak())
}

fn is_retry(outcome: &Outcome, of: Scope, in_seconds: Option<u64>) -> bool {
    matches!(outcome, Outcome::Retry { scope, after, .. }
        if *scope == of && *after == in_seconds.map(Duration::from_secs))
}

#[tokio::test]
async fn an_answer_reaches_the_phone_in_the_language_of_the_desk() {
    let scene = Scene::new().await;
    let device = scene.devices().await[1].id;
    let outcome = scene.push(Some(scene.answer), Some(device)).await;
    assert!(matches!(outcome, Outcome::Delivered(None)), "{outcome:?}");
    let (_, sent) = lock(&scene.world.sent)[0].clone();
    let message = &sent["message"];
    assert_eq!(message["token"], "phone-2");
    assert_eq!(
        message["notification"],
        json!({"title": "Ответ от поддержки", "body": "Уже едем"})
    );
    assert_eq!(message["data"]["message_id"], scene.answer.to_string());
    assert_eq!(message["apns"]["payload"]["aps"]["badge"], 1);
}

#[tokio::test]
async fn a_token_fcm_does_not_know_is_deleted_and_no_other() {
    let scene = Scene::new().await;
    let outcome = scene
        .push_when_fcm_says(fcm_says(404, "UNREGISTERED"))
        .await;
    assert!(matches!(outcome, Outcome::Dropped { .. }), "{outcome:?}");
    let left: Vec<String> = scene.devices().await.into_iter().map(|d| d.token).collect();
    assert_eq!(left, ["phone-2"]);
}

#[tokio::test]
async fn a_refusal_ends_the_push_and_keeps_the_device() {
    let scene = Scene::new().await;
    for (status, code) in [
        (400, "INVALID_ARGUMENT"),
        (403, "SENDER_ID_MISMATCH"),
        (401, "THIRD_PARTY_AUTH_ERROR"),
    ] {
        let outcome = scene.push_when_fcm_says(fcm_says(status, code)).await;
        let Outcome::Refused { reason } = &outcome else {
            panic!("{code}: {outcome:?}");
        };
        assert_eq!(reason, &format!("HTTP {status} {code}"));
        assert_eq!(scene.devices().await.len(), 2);
        assert_eq!(scene.trouble(), None);
    }
}

#[tokio::test]
async fn fcm_in_trouble_is_told_until_the_next_push_goes_through() {
    let scene = Scene::new().await;
    let outcome = scene
        .push_when_fcm_says(Says::After(503, "90".to_owned()))
        .await;
    assert!(is_retry(&outcome, Scope::Job, Some(90)), "{outcome:?}");
    assert!(scene.trouble().unwrap().contains("HTTP 503"));
    let outcome = scene
        .push_when_fcm_says(fcm_says(429, "RESOURCE_EXHAUSTED"))
        .await;
    assert!(is_retry(&outcome, Scope::Job, None), "{outcome:?}");
    scene.push_when_fcm_says(Says::Status(200, "{}")).await;
    assert_eq!(scene.trouble(), None);
}

#[tokio::test]
async fn a_refused_service_account_stops_all_pushes_for_a_minute_and_says_what_to_do() {
    let scene = Scene::new().await;
    let refused = Says::Status(400, r#"{"error":"invalid_grant"}"#);
    *lock(&scene.world.tokens) = vec![refused];
    let outcome = scene.push_when_fcm_says(Says::Status(200, "{}")).await;
    assert!(is_retry(&outcome, Scope::Carrier, Some(60)), "{outcome:?}");
    let words = scene.trouble().unwrap();
    assert!(
        words.contains("(invalid_grant)") && words.contains("FCM_SERVICE_ACCOUNT_PATH"),
        "{words}"
    );
    lock(&scene.world.tokens).clear();
    let outcome = scene
        .push_when_fcm_says(fcm_says(403, "PERMISSION_DENIED"))
        .await;
    assert!(is_retry(&outcome, Scope::Carrier, Some(60)), "{outcome:?}");
    assert_eq!(scene.devices().await.len(), 2);
}

#[tokio::test]
async fn a_token_endpoint_out_of_reach_stops_all_pushes() {
    let scene = Scene::new().await;
    *lock(&scene.world.tokens) = vec![Says::Cut];
    let outcome = scene.push_when_fcm_says(Says::Status(200, "{}")).await;
    assert!(is_retry(&outcome, Scope::Carrier, None), "{outcome:?}");
    assert!(scene.trouble().unwrap().contains("token"));
}

#[tokio::test]
async fn a_push_for_a_device_or_a_message_that_is_gone_is_dropped() {
    let scene = Scene::new().await;
    let device = scene.devices().await[0].id;
    let gone = [
        (None, Some(device)),
        (Some(scene.answer), None),
        (Some(scene.answer), Some(DeviceId(999))),
        (Some(MessageId(999)), Some(device)),
    ];
    for (message, device) in gone {
        let outcome = scene.push(message, device).await;
        assert!(matches!(outcome, Outcome::Dropped { .. }), "{outcome:?}");
    }
    assert!(lock(&scene.world.sent).is_empty());
}

#[tokio::test]
async fn a_test_push_says_what_fcm_said_for_each_device_and_deletes_nothing() {
    let scene = Scene::new().await;
    *lock(&scene.world.fcm) = vec![fcm_says(404, "UNREGISTERED"), Says::Status(200, "{}")];
    let devices = scene.devices().await;
    let tested = scene.sender.test(&devices).await;
    let lines: Vec<String> = tested.iter().map(ToString::to_string).collect();
    let expected = [
        format!(
            "device {}: no such device any more (HTTP 404 UNREGISTERED)",
            devices[0].id
        ),
        format!("device {}: accepted by FCM", devices[1].id),
    ];
    assert_eq!(lines, expected);
    assert_eq!(scene.devices().await, devices);
    let bodies: Vec<String> = lock(&scene.world.sent)
        .iter()
        .map(|(_, sent)| sent["message"]["notification"]["body"].to_string())
        .collect();
    assert_eq!(bodies, [r#""Проверка уведомлений: всё работает""#; 2]);
}

#[test]
fn every_kind_of_attachment_has_a_word_in_every_language() {
    use crate::domain::attachment::AttachmentKind;
    let texts = Texts::load().unwrap();
    for locale in Locale::ALL {
        let mut words: Vec<String> = AttachmentKind::ALL
            .iter()
            .map(|kind| texts.get(locale, payload::media_key(&[*kind]).unwrap().0, &[]))
            .collect();
        let mixed = [AttachmentKind::Photo, AttachmentKind::Voice];
        words.push(texts.get(locale, payload::media_key(&mixed).unwrap().0, &[]));
        words.push(texts.get(locale, "push-title", &[]));
        assert!(
            words.iter().all(|word| !word.starts_with("push-")),
            "{words:?}"
        );
    }
    assert_eq!(texts.get(Locale::Ru, "push-photo", &[]), "📷 Фото");
}
