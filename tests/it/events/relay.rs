//! The relay between an outbox and a receiver, over both stores.

use std::sync::Arc;
use std::time::Duration;

use minuted::billing::Hold;
use minuted::billing::events::{Delivery, Relay, Settings, SigningKeys};
use minuted::domain::ChargeId;
use minuted::storage::Stores;
use serde_json::json;

use super::{KEY, Reaction, Receiver, verify};
use crate::app::until_async;
use crate::stores::{Database, account, hold_of, used};

crate::stores::for_each_database!(
    each_charge_is_told_once_signed_and_in_order,
    what_does_not_arrive_is_sent_again_and_nowhere_else,
    a_receiver_that_is_down_for_a_while_misses_nothing,
    what_is_left_is_sent_by_the_next_server,
    of_many_servers_one_sends_until_it_ends,
    a_receiver_that_wants_no_more_is_left_alone_until_the_next_start,
    a_receiver_that_can_take_less_at_a_time_gets_less,
);

/// A relay of this store to this receiver.
fn relay(stores: &Stores, receiver: &Receiver) -> Delivery {
    relay_with(stores, &receiver.settings())
}

fn relay_with(stores: &Stores, settings: &Settings) -> Delivery {
    let relay = Relay::open(settings, Arc::clone(&stores.outbox)).expect("good settings");
    relay.expect("a receiver is configured").start()
}

/// Charges of a second each, in turn of two accounts.
async fn charged(stores: &Stores, count: usize) -> Vec<String> {
    let mut charges = Vec::new();
    for number in 0..count {
        let who = if number % 2 == 0 { "alice" } else { "bob" };
        let hold = Hold { account: account(who), ..hold_of(1) };
        stores.ledger.hold(&hold).await.expect("there is no budget");
        stores.ledger.settle(&hold.charge, &used(1)).await.expect("it is held");
        charges.push(hold.charge.to_string());
    }
    charges
}

async fn until_empty(stores: &Stores) {
    until_async(async || stores.outbox.waiting(1).await == Ok(0)).await;
}

async fn each_charge_is_told_once_signed_and_in_order(db: Database) {
    let receiver = Receiver::start().await;
    let delivery = relay(&db.stores, &receiver);
    let charges = charged(&db.stores, 7).await;
    receiver.until_taken(7).await;
    until_empty(&db.stores).await;
    delivery.stop().await;
    assert_eq!(receiver.taken(), charges);

    let first: ChargeId = charges[0].parse().expect("an id");
    let written = db.stores.ledger.chain(&account("alice"), 0, 10).await.expect("it answers");
    let row = written.iter().rfind(|row| row.charge == first).expect("it is settled");
    let hash = row.hash.iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    receiver.attempts(|attempts| {
        for attempt in attempts {
            assert_eq!(attempt.headers["content-type"], "application/cloudevents-batch+json");
            assert!(verify(attempt, KEY));
            assert!(!verify(attempt, &KEY.replace("MDEy", "MDEz")));
        }
        let expected = json!({
            "specversion": "1.0",
            "id": charges[0],
            "source": "/minuted",
            "type": "minuted.charge.settled.v1",
            "subject": "acc_alice",
            "time": "2026-10-14T12:00:30Z",
            "datacontenttype": "application/json",
            "data": {
                "request_id": row.request.as_str(),
                "key_id": "key_alice",
                "service": "transcription",
                "model": "minuted-nano.en",
                "admitted_at": "2026-10-14T12:00:00Z",
                "batch": false,
                "origin": "reported",
                "audio_seconds": "1",
                "input_tokens": 0,
                "cached_tokens": 0,
                "output_tokens": 0,
                "amount": "0.01",
                "amount_nanos": 10_000_000,
                "currency": "EUR",
                "lines": [{
                    "tariff": "audio",
                    "unit": "started_minute",
                    "quantity": "1",
                    "quantity_unit": "seconds",
                    "billed": 1,
                    "amount": "0.01",
                    "amount_nanos": 10_000_000,
                }],
                "ledger_seq": 2,
                "ledger_hash": hash,
            },
        });
        assert_eq!(attempts[0].events()[0], expected);
    });
}

async fn what_does_not_arrive_is_sent_again_and_nowhere_else(db: Database) {
    let receiver = Receiver::start().await;
    receiver.react(&[Reaction::Redirect, Reaction::Hang]);
    db.stores.outbox.keep_events();
    let charges = charged(&db.stores, 3).await;
    let delivery = relay(&db.stores, &receiver);
    receiver.until_taken(3).await;
    delivery.stop().await;
    assert_eq!(receiver.taken(), charges);
    receiver.attempts(|attempts| {
        assert_eq!(attempts.iter().map(|attempt| attempt.status).collect::<Vec<_>>(), [307, 0, 200]);
        for attempt in attempts {
            assert_eq!(attempt.ids(), charges);
            assert_eq!(attempt.headers["webhook-id"], attempts[0].headers["webhook-id"]);
            assert!(verify(attempt, KEY), "each attempt is signed for its own moment");
        }
    });
}

async fn a_receiver_that_is_down_for_a_while_misses_nothing(db: Database) {
    let receiver = Receiver::down().await;
    let delivery = relay(&db.stores, &receiver);
    let mut charges = charged(&db.stores, 2).await;
    crate::app::until(|| receiver.hung_up_on() >= 2).await;
    charges.extend(charged(&db.stores, 2).await);
    assert_eq!(db.stores.outbox.waiting(10).await, Ok(4));
    receiver.up();
    receiver.until_taken(4).await;
    delivery.stop().await;
    assert_eq!(receiver.taken(), charges);
    assert_eq!(db.stores.outbox.waiting(1).await, Ok(0));
}

async fn what_is_left_is_sent_by_the_next_server(db: Database) {
    let receiver = Receiver::start().await;
    receiver.react(&[Reaction::Status(503); 100]);
    let delivery = relay(&db.stores, &receiver);
    let mut charges = charged(&db.stores, 1).await;
    receiver.until_asked(1).await;
    charges.extend(charged(&db.stores, 2).await);
    delivery.stop().await;
    receiver.recover();
    assert_eq!((receiver.taken().len(), db.stores.outbox.waiting(10).await), (0, Ok(3)));
    let next = db.again().await;
    let delivery = relay(&next, &receiver);
    receiver.until_taken(3).await;
    delivery.stop().await;
    assert_eq!(receiver.taken(), charges);
}

async fn of_many_servers_one_sends_until_it_ends(db: Database) {
    let receiver = Receiver::start().await;
    let (other, third) = (db.again().await, db.again().await);
    // A turn lasts for two requests: a busy machine is not to end one.
    let settings = Settings { timeout: Duration::from_secs(30), ..receiver.settings() };
    let mut servers: Vec<_> = [&db.stores, &other, &third].map(|stores| relay_with(stores, &settings)).into();
    let mut charges = Vec::new();
    while let Some(server) = servers.pop() {
        for _ in 0..4 {
            charges.extend(charged(&db.stores, 3).await);
            receiver.until_taken(charges.len()).await;
        }
        server.stop().await;
    }
    assert_eq!(receiver.taken(), charges, "none is sent by two");
}

async fn a_receiver_that_wants_no_more_is_left_alone_until_the_next_start(db: Database) {
    let receiver = Receiver::start().await;
    receiver.react(&[Reaction::Status(410)]);
    let delivery = relay(&db.stores, &receiver);
    let charges = charged(&db.stores, 1).await;
    receiver.until_asked(1).await;
    let more = charged(&db.stores, 1).await;
    delivery.stop().await;
    assert_eq!(receiver.attempts(<[_]>::len), 1, "not even once more at its end");
    let delivery = relay(&db.stores, &receiver);
    receiver.until_taken(2).await;
    delivery.stop().await;
    assert_eq!(receiver.taken(), [charges, more].concat(), "they were kept");
}

async fn a_receiver_that_can_take_less_at_a_time_gets_less(db: Database) {
    let receiver = Receiver::start().await;
    receiver.react(&[Reaction::Status(413); 2]);
    db.stores.outbox.keep_events();
    let charges = charged(&db.stores, 5).await;
    let delivery = relay(&db.stores, &receiver);
    receiver.until_taken(5).await;
    delivery.stop().await;
    assert_eq!(receiver.taken(), charges);
    let sizes: Vec<_> = receiver.attempts(|all| all.iter().map(|attempt| attempt.ids().len()).collect());
    assert_eq!(sizes, [5, 3, 2, 2, 1]);
}

#[tokio::test]
async fn while_one_key_takes_the_place_of_another_both_sign() {
    let db = Database::sqlite().await;
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().expect("a temp folder");
    let (file, old) = (folder.path().join("keys"), "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xkIG9sZCE=");
    std::fs::write(&file, format!("{old}\n")).expect("a file");
    let mut settings = receiver.settings();
    settings.keys = SigningKeys::parse(KEY).expect("a key");
    settings.keys_file = Some(file);
    let delivery = Relay::open(&settings, db.stores.outbox.clone()).expect("good settings").expect("a relay").start();
    charged(&db.stores, 1).await;
    receiver.until_taken(1).await;
    delivery.stop().await;
    receiver.attempts(|all| assert!(verify(&all[0], KEY) && verify(&all[0], old)));
}
