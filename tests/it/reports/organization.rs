//! `GET /v1/organization/…`, asked as OpenAI's clients ask.

use serde_json::{Value, json};

use super::october;
use crate::app::{Script, TestApp, conforms, error};

/// The first of October 2026 at midnight, in UTC.
const START: i64 = 1_790_812_800;
const DAY: i64 = 86_400;

async fn app() -> TestApp {
    let app = TestApp::scripted(&Script::default()).await;
    october(&*app.stores.ledger, true).await;
    app
}

async fn ask(app: &TestApp, route: &str, query: &str) -> Value {
    let response = app.get(&format!("/v1/organization/{route}?{query}")).await;
    let status = response.status();
    let page: Value = response.json().await.expect("JSON");
    assert_eq!(status, 200, "{query}: {page}");
    conforms("organization_page", &page);
    page
}

/// The results of all buckets: day of the month, and what is there.
fn results(page: &Value) -> Vec<(i64, Value)> {
    let buckets = page["data"].as_array().expect("a list");
    let of = |bucket: &Value| {
        let day = (bucket["start_time"].as_i64().expect("a time") - START) / DAY + 1;
        let results = bucket["results"].as_array().expect("a list").clone();
        results.into_iter().map(move |result| (day, result)).collect::<Vec<_>>()
    };
    buckets.iter().flat_map(of).collect()
}

#[tokio::test]
async fn audio_is_told_by_day_and_empty_days_are_there() {
    let app = app().await;
    let end = START + 31 * DAY;
    let page = ask(&app, "usage/audio_transcriptions", &format!("start_time={START}&end_time={end}&limit=31")).await;
    assert_eq!(page["data"].as_array().map(Vec::len), Some(31));
    assert_eq!((&page["has_more"], &page["next_page"]), (&json!(false), &json!(null)));
    let told: Vec<_> = results(&page)
        .into_iter()
        .map(|(day, result)| (day, result["seconds"].clone(), result["num_model_requests"].clone()))
        .collect();
    assert_eq!(told, [(1, json!(9), json!(1)), (14, json!(126), json!(3)), (31, json!(120), json!(1))]);
    assert_eq!(
        results(&page)[0].1,
        json!({
            "object": "organization.usage.audio_transcriptions.result", "seconds": 9, "num_model_requests": 1,
            "project_id": null, "user_id": null, "api_key_id": null, "model": null,
        })
    );
}

#[tokio::test]
async fn pages_lead_from_one_to_the_next() {
    let app = app().await;
    let query = format!("start_time={START}&end_time={}&group_by[]=model&group_by[]=api_key_id", START + 31 * DAY);
    let (mut cursor, mut starts, mut found) = (String::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        let page = ask(&app, "usage/audio_transcriptions", &format!("{query}&limit=7{cursor}")).await;
        starts.extend(page["data"].as_array().expect("a list").iter().map(|bucket| bucket["start_time"].clone()));
        found.extend(results(&page));
        cursor = page["next_page"].as_str().map_or_else(String::new, |next| format!("&page={next}"));
        assert_eq!(page["has_more"], json!(!cursor.is_empty()));
    }
    assert_eq!(cursor, "", "five pages of seven days are enough");
    assert_eq!(starts, (0..31).map(|day| json!(START + day * DAY)).collect::<Vec<_>>());
    let told: Vec<_> = found.iter().map(|(day, r)| (*day, &r["api_key_id"], &r["model"], &r["seconds"])).collect();
    assert_eq!(
        told,
        [
            (1, &json!("key_a"), &json!("minuted-nano.en"), &json!(9)),
            (14, &json!(null), &json!("summed-1"), &json!(65)),
            (14, &json!("key_a"), &json!("minuted-nano.en"), &json!(61)),
            (31, &json!("key_c"), &json!("minuted-nano.en"), &json!(120)),
        ]
    );
}

#[tokio::test]
async fn buckets_begin_in_utc_and_their_ends_are_exclusive() {
    let app = app().await;
    let midnight = START + 31 * DAY;
    for (start, end, width, requests) in [
        (midnight - 1, midnight, "1m", 1),
        (midnight, midnight + 1, "1m", 1),
        (midnight - 1, midnight + 1, "1h", 2),
        (midnight - 3_600, midnight, "1d", 1),
        (START - DAY, START, "1d", 0),
    ] {
        let query = format!("start_time={start}&end_time={end}&bucket_width={width}&limit=31");
        let page = ask(&app, "usage/audio_transcriptions", &query).await;
        let count: i64 = results(&page).iter().filter_map(|(_, result)| result["num_model_requests"].as_i64()).sum();
        assert_eq!(count, requests, "{query}");
    }
}

#[tokio::test]
async fn filters_leave_what_they_name() {
    let app = app().await;
    let all = format!("start_time={START}&end_time={}&limit=31", START + 31 * DAY);
    for (filter, seconds) in [
        ("project_ids=acc_alice", 135),
        ("project_ids[]=acc_alice&project_ids[]=acc_bob", 255),
        ("project_ids[0]=acc_bob", 120),
        ("api_key_ids=key_a", 70),
        ("models[]=summed-1", 65),
        ("models=whisper-1", 190),
        ("models=Whisper-1&models=summed-1", 255),
        ("user_ids=user_1", 0),
        ("models=none", 0),
    ] {
        let page = ask(&app, "usage/audio_transcriptions", &format!("{all}&{filter}")).await;
        let sum: i64 = results(&page).iter().filter_map(|(_, result)| result["seconds"].as_i64()).sum();
        assert_eq!(sum, seconds, "{filter}");
    }
}

#[tokio::test]
async fn tokens_are_told_with_what_was_cached() {
    let app = app().await;
    let query = format!("start_time={START}&end_time={}&limit=31&group_by=project_id&group_by=batch", START + 31 * DAY);
    let page = ask(&app, "usage/completions", &query).await;
    let expected = json!({
        "object": "organization.usage.completions.result", "input_tokens": 1000, "input_cached_tokens": 200,
        "input_uncached_tokens": 800, "output_tokens": 300, "num_model_requests": 1, "project_id": "acc_bob",
        "user_id": null, "api_key_id": null, "model": null, "batch": false, "service_tier": null,
    });
    assert_eq!(results(&page), [(15, expected)]);
    let page = ask(&app, "usage/completions", &format!("{query}&batch=true")).await;
    assert_eq!(results(&page), []);
    let page = ask(&app, "usage/embeddings", &format!("start_time={START}")).await;
    assert_eq!(results(&page), []);
}

#[tokio::test]
async fn costs_are_exact_and_have_line_items() {
    let app = app().await;
    let query = format!("start_time={START}&end_time={}&limit=180", START + 31 * DAY);
    let page = ask(&app, "costs", &format!("{query}&group_by[]=line_item&group_by[]=project_id")).await;
    let told: Vec<_> = results(&page)
        .into_iter()
        .map(|(day, r)| {
            (day, r["project_id"].clone(), r["line_item"].clone(), r["amount"].clone(), r["quantity"].clone())
        })
        .collect();
    let eur = |value: f64| json!({"value": value, "currency": "eur"});
    let audio = json!("minuted-nano.en, transcription");
    assert_eq!(
        told,
        [
            (1, json!("acc_alice"), audio.clone(), eur(0.01), json!(8.47)),
            (14, json!("acc_alice"), audio, eur(0.02), json!(61.0)),
            (14, json!("acc_alice"), json!("summed-1, transcription"), eur(0.02), json!(65.0)),
            (15, json!("acc_bob"), json!("chat-1, completion"), eur(0.004_02), json!(1300.0)),
            (31, json!("acc_bob"), json!("minuted-nano.en, translation, batch"), eur(0.01), json!(120.0)),
        ]
    );
    let page = ask(&app, "costs", &format!("{query}&line_items=chat-1%2C%20completion")).await;
    assert_eq!(results(&page).len(), 1);
    assert_eq!(results(&page)[0].1["quantity"], json!(null));
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_with_its_parameter() {
    let app = app().await;
    let usage = "usage/audio_transcriptions";
    for (route, query, code, param) in [
        (usage, "", "missing_required_parameter", "start_time"),
        (usage, "start_time=yesterday", "invalid_value", "start_time"),
        (usage, "start_time=-1", "invalid_value", "start_time"),
        (usage, "start_time=99999999999999", "invalid_value", "start_time"),
        (usage, "start_time=5&end_time=5", "invalid_value", "end_time"),
        (usage, "start_time=5&start_time=6", "duplicate_parameter", "start_time"),
        (usage, "start_time=0&bucket_width=1w", "invalid_value", "bucket_width"),
        (usage, "start_time=0&limit=32", "invalid_value", "limit"),
        (usage, "start_time=0&bucket_width=1m&limit=1441", "invalid_value", "limit"),
        (usage, "start_time=0&limit=0", "invalid_value", "limit"),
        (usage, "start_time=0&group_by=colour", "invalid_value", "group_by"),
        (usage, "start_time=0&group_by=batch", "invalid_value", "group_by"),
        (usage, "start_time=0&page=page_5", "invalid_value", "page"),
        (usage, "start_time=0&page=page_1_15180", "invalid_value", "page"),
        (usage, "start_time=0&modles=a", "invalid_value", "query"),
        ("usage/completions", "start_time=0&batch=maybe", "invalid_value", "batch"),
        ("costs", "start_time=0&bucket_width=1h", "invalid_value", "bucket_width"),
        ("costs", "start_time=0&limit=181", "invalid_value", "limit"),
    ] {
        let (status, told) = error(app.get(&format!("/v1/organization/{route}?{query}")).await).await;
        assert_eq!(
            (status, &told["code"], &told["param"]),
            (400, &json!(code), &json!(param)),
            "{route}?{query}: {told}"
        );
    }
}
