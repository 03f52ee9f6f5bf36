//! The catalogue: what customers read of the models, and what their calls meet as a model's life goes on.

mod calls;
mod life;
mod listed;
mod remote;

use std::sync::Arc;

use minuted::accounts::{AccountChange, Opening};

use crate::app::{Script, TestApp, Wishes};
use crate::callers::{TestCaller, TestClock};

/// The model that the test service serves, on its way out; and one before it, that went.
const CATALOGUE: &str = r#"
    [[model]]
    id = "minuted-nano.en"
    vendor = "minuted"
    licence = "Apache-2.0"
    licence_file = "https://www.apache.org/licenses/LICENSE-2.0.txt"
    parameters = 14_047_680
    context_tokens = 448
    languages = ["en"]
    capabilities = ["transcription"]
    location = "Example <Land>"
    indemnification = "none"
    phase = "evaluation"
    production_on = "2026-05-01"
    announced_on = "2026-10-01"
    ends_on = "2027-01-01"
    lts = true
    successor = "next"

    [[model]]
    id = "before"
    aliases = ["before-q8"]
    vendor = "minuted"
    licence = "MIT"
    capabilities = ["transcription"]
    phase = "production"
    announced_on = "2026-05-01"
    ends_on = "2026-08-01"
    successor = "minuted-nano.en"

    [[model]]
    id = "next"
    vendor = "minuted"
    licence = "MIT"
    phase = "evaluation"
"#;

/// A service with that catalogue and keys, at a time.
async fn app_at(time: &str) -> (TestApp, Arc<TestClock>) {
    let clock = Arc::new(TestClock::at(time));
    let wishes = Wishes {
        script: Some(Script::default()),
        keys: Some(Opening::Closed),
        clock: Some(clock.clone()),
        catalogue: Some(CATALOGUE.to_owned()),
        ..Wishes::default()
    };
    (TestApp::with(wishes).await, clock)
}

/// A key of an account that wants the successors of what is gone.
async fn follower(app: &TestApp, name: &str) -> TestCaller {
    let caller = app.caller(name).await;
    let change = AccountChange { follows_successors: Some(true), ..AccountChange::default() };
    app.registry.change_account(&caller.account().id, change).await.expect("it is changed");
    caller
}
