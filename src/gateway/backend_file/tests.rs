//! Files that are good, and what is told of those that are not.

use std::collections::BTreeSet;

use super::*;

const GOOD: &str = r#"
    sticky = true
    [vision_fallback]
    small = "seeing"
    [[backend]]
    name = "one"
    url = "http://127.0.0.1:8000/v1"
    kind = "vllm"
    credential_file = "key"
    model = [{ id = "small", upstream = "org/Small" }, { id = "seeing", capabilities = ["text", "vision"] }]
    [[backend]]
    name = "two"
    url = "http://127.0.0.1:8001/v1/"
    kind = "llama.cpp"
    weight = 3
    model = [{ id = "small", capabilities = ["text", "tools"] }]
"#;

fn read(text: &str, before: Option<&Table>) -> Result<Table, String> {
    let folder = tempfile::tempdir().expect("a temp folder");
    std::fs::write(folder.path().join("key"), "s3cret\n").expect("a file");
    let path = folder.path().join("backends.toml");
    std::fs::write(&path, text).expect("a file");
    Table::load(&path, before).map_err(|error| error.to_string())
}

#[test]
fn a_good_file_is_one_list_of_models_and_shows_no_secret() {
    let table = read(GOOD, None).expect("a good file");
    let models = table.models();
    assert_eq!(models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["small", "seeing"]);
    assert_eq!(models[0].capabilities, BTreeSet::from([Capability::Text, Capability::Tools]));
    let small = table.offers("small");
    assert_eq!((small[0].model.upstream.as_str(), small[1].backend.terms.weight), ("org/Small", 3));
    assert!(small[0].backend.terms.authorization.is_some() && !format!("{table:?}").contains("s3cret"));
    assert_eq!(
        small[1].backend.address(crate::gateway::Endpoint::RerankV2).as_str(),
        "http://127.0.0.1:8001/v2/rerank"
    );
}

#[test]
fn only_who_is_outside_fetches_media_unless_the_file_says_otherwise() {
    for (kind, said, fetches) in [
        ("openai", "", true),
        ("openai", "fetches_media = false", false),
        ("vllm", "", false),
        ("vllm", "fetches_media = true", true),
        ("tgi", "", false),
        ("llama.cpp", "", false),
        ("ollama", "", false),
    ] {
        let text = GOOD.replace("kind = \"vllm\"", &format!("kind = \"{kind}\"\n{said}"));
        let table = read(&text, None).expect("a good file");
        assert_eq!(table.backends[0].terms.fetches_media, fetches, "{kind} {said}");
    }
}

#[test]
fn what_did_not_change_keeps_its_state() {
    let before = read(GOOD, None).expect("a good file");
    let after = read(&GOOD.replace("weight = 3", "weight = 2"), Some(&before)).expect("a good file");
    assert!(Arc::ptr_eq(&before.backends[0], &after.backends[0]));
    assert!(!Arc::ptr_eq(&before.backends[1], &after.backends[1]));
}

#[test]
fn errors_name_the_backend_and_what_is_wrong() {
    for (from, to, told) in [
        ("http://127.0.0.1:8000/v1", "ftp://one", "backend `one`: url is one such as"),
        ("http://127.0.0.1:8000/v1", "http://a:b@one/v1", "backend `one`: url has a user"),
        ("credential_file = \"key\"", "credential_file = \"no\"", "backend `one`: the credential in no cannot"),
        ("credential_file = \"key\"", "credential_env = \"NO_SUCH_KEY\"", "backend `one`: the variable NO_SUCH_KEY"),
        (
            "credential_file = \"key\"",
            "credential_env = \"MINUTED_KEY\"",
            "backend `one`: has a credential_env MINUTED_KEY",
        ),
        ("name = \"two\"", "name = \"one\"", "backend `one`: is there twice"),
        ("weight = 3", "weight = 0", "backend `two`: weight and max_concurrency"),
        ("weight = 3", "timeouts = { idle_seconds = 0 }", "backend `two`: timeouts are whole seconds"),
        ("weight = 3", "wait = 3", "unknown field `wait`"),
        ("sticky = true", "retries = 11", "retries is at most 10"),
        ("sticky = true", "breaker = { failures = 0 }", "breaker.failures is at least 1"),
        ("kind = \"vllm\"", "kind = \"vLLM\"", "unknown variant `vLLM`"),
        ("small = \"seeing\"", "small = \"small\"", "vision_fallback: for `small` is `small`, which no backend has"),
        ("[\"text\", \"tools\"]", "[\"telepathy\"]", "unknown variant `telepathy`"),
    ] {
        let error = read(&GOOD.replace(from, to), None).expect_err(told);
        assert!(error.contains("backends.toml: ") && error.contains(told), "{error}");
    }
}

#[test]
fn no_line_of_the_file_is_told() {
    for (line, told) in [
        ("api_key = \"s3cret\"", "line 9, column 5: unknown field `api_key`"),
        ("weight = \"s3cret\"", "invalid type: a string, expected u32"),
        ("credential_env = s3cret", "line 9, column "),
    ] {
        let error = read(&GOOD.replacen("credential_file = \"key\"", line, 1), None).expect_err(told);
        assert!(error.contains(told) && !error.contains("s3cret"), "{error}");
    }
}
