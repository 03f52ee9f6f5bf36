//! Notices that are written over the admin API, and what is refused.

use serde_json::{Value, json};

use super::{MODEL, json as get};
use crate::app::{TestApp, error, until_async};

async fn ok(response: reqwest::Response) -> Value {
    let status = response.status();
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn an_operators_incident_is_told_to_everybody_until_it_is_over() {
    let app = TestApp::keyed().await;
    let admin = app.admin().await;
    let wish = json!({"name": "Uploads fail", "models": [" whisper-1"], "impact": "major", "body": "We look into it."});
    let made = ok(admin.post_json("/admin/v1/status/incidents", &wish).await).await;
    assert_eq!(made["models"], json!([MODEL]), "a name is what it means");
    assert_eq!((&made["stage"], &made["automatic"]), (&"investigating".into(), &false.into()));
    let unresolved = async || get(&app, "/api/v2/incidents/unresolved.json").await["incidents"].clone();
    until_async(async || unresolved().await[0]["name"] == "Uploads fail").await;
    assert_eq!(get(&app, "/api/v2/components.json").await["components"][0]["status"], "partial_outage");

    let updates = format!("/admin/v1/status/notices/{}/updates", made["id"].as_str().expect("an id"));
    let wish = json!({"stage": "identified", "impact": "minor", "body": "A disk is full."});
    assert_eq!(ok(admin.post_json(&updates, &wish).await).await["stage"], "identified");
    ok(admin.post_json(&updates, &json!({"body": "It is being emptied."})).await).await;
    let over = ok(admin.post_json(&updates, &json!({"stage": "resolved", "body": "Over."})).await).await;
    assert!(over["closed_at"].is_i64());
    until_async(async || unresolved().await == json!([])).await;
    ok(admin.post_json(&updates, &json!({"body": "It was the log."})).await).await;
    until_async(async || {
        let told = get(&app, "/api/v2/incidents.json").await;
        let said = &told["incidents"][0]["incident_updates"];
        said.as_array().is_some_and(|said| said.len() == 5) && said[0]["body"] == "It was the log."
    })
    .await;
    let list = ok(admin.get("/admin/v1/status/notices").await).await;
    assert_eq!(list["data"][0]["closed_at"], over["closed_at"], "a later word does not move its end");
}

#[tokio::test]
async fn a_maintenance_is_upcoming_until_it_begins() {
    let app = TestApp::keyed().await;
    let admin = app.admin().await;
    let wish =
        json!({"name": "Disks", "from": "2099-01-01T00:00:00Z", "until": "2099-01-01T02:00:00Z", "body": "New ones."});
    let made = ok(admin.post_json("/admin/v1/status/maintenances", &wish).await).await;
    let list = async |which: &str| {
        get(&app, &format!("/api/v2/scheduled-maintenances{which}.json")).await["scheduled_maintenances"].clone()
    };
    until_async(async || list("/upcoming").await[0]["scheduled_for"] == "2099-01-01T00:00:00.000Z").await;
    assert_eq!((list("/active").await, list("").await[0]["status"].clone()), (json!([]), "scheduled".into()));
    let updates = format!("/admin/v1/status/notices/{}/updates", made["id"].as_str().expect("an id"));
    ok(admin.post_json(&updates, &json!({"stage": "in_progress", "body": "We begin early."})).await).await;
    until_async(async || list("/active").await[0]["status"] == "in_progress").await;
    assert_eq!(get(&app, "/api/v2/status.json").await["status"]["indicator"], "maintenance");
    ok(admin.post_json(&updates, &json!({"stage": "completed", "body": "Done."})).await).await;
    until_async(async || list("/active").await == json!([])).await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words() {
    let app = TestApp::keyed().await;
    let (admin, incidents) = (app.admin().await, "/admin/v1/status/incidents");
    let made = ok(admin.post_json(incidents, &json!({"name": "a", "body": "b"})).await).await;
    let updates = format!("/admin/v1/status/notices/{}/updates", made["id"].as_str().expect("an id"));
    let maintenances = "/admin/v1/status/maintenances";
    let long = "x".repeat(5_001);
    for (path, body, code, word) in [
        (incidents, json!({"name": "a"}), "invalid_json", "body"),
        (incidents, json!({"name": "a", "body": "b", "resolved": true}), "invalid_json", "resolved"),
        (incidents, json!({"name": " ", "body": "b"}), "invalid_value", "1 to 200"),
        (incidents, json!({"name": "a\nb", "body": "b"}), "invalid_value", "1 to 200"),
        (
            incidents,
            json!({"name": "a", "body": "b", "models": ["wisper-1"]}),
            "invalid_value",
            "did you mean `whisper-1`",
        ),
        (incidents, json!({"name": "a", "body": long}), "invalid_value", "1 to 5000"),
        (incidents, json!({"name": "a", "body": "b", "impact": "huge"}), "invalid_json", "huge"),
        (maintenances, json!({"name": "a", "body": "b", "from": "tomorrow", "until": "later"}), "invalid_json", "year"),
        (
            maintenances,
            json!({"name": "a", "body": "b", "from": "2099-01-02T00:00:00Z", "until": "2099-01-01T00:00:00Z"}),
            "invalid_value",
            "after its begin",
        ),
        (
            maintenances,
            json!({"name": "a", "body": "b", "from": "2001-01-01T00:00:00Z", "until": "2001-01-02T00:00:00Z"}),
            "invalid_value",
            "in the future",
        ),
        (&updates, json!({"stage": "completed", "body": "b"}), "invalid_value", "not for an incident"),
    ] {
        let (status, told) = error(admin.post_json(path, &body).await).await;
        assert_eq!((status, &told["code"]), (400, &code.into()), "{body}");
        assert!(told["message"].as_str().expect("a message").contains(word), "{told}");
    }
    ok(admin.post_json(&updates, &json!({"stage": "resolved", "body": "b"})).await).await;
    let (status, told) = error(admin.post_json(&updates, &json!({"stage": "identified", "body": "b"})).await).await;
    assert_eq!((status, &told["param"]), (400, &"stage".into()));
    for unknown in ["note_none", "%3Cscript%3E"] {
        let path = format!("/admin/v1/status/notices/{unknown}/updates");
        let (status, told) = error(admin.post_json(&path, &json!({"body": "b"})).await).await;
        assert_eq!((status, &told["code"]), (404, &"not_found".into()), "{told}");
    }
    let (status, _) =
        error(app.caller("alice").await.post_json(incidents, &json!({"name": "a", "body": "b"})).await).await;
    assert_eq!(status, 403);
}
