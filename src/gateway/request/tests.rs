//! What is known of bodies, and which of their bytes change on the way.

use futures_util::TryStreamExt;

use super::*;
use crate::audio::AudioSource;
use crate::domain::Millis;
use crate::gateway::kind::Kind;

fn asked(endpoint: Endpoint, body: &'static str) -> Asked {
    Asked::of(endpoint, Bytes::from_static(body.as_bytes())).unwrap_or_else(|error| panic!("{error} in {body}"))
}

fn chat(body: &'static str) -> Asked {
    asked(Endpoint::Chat, body)
}

fn sent(asked: &Asked, endpoint: Endpoint, upstream: &str, kind: Kind) -> String {
    let outgoing = asked.outgoing(endpoint, upstream, kind.quirks());
    String::from_utf8(outgoing.body.as_bytes().expect("in memory").to_vec()).expect("UTF-8")
}

#[test]
fn a_body_that_needs_no_edit_is_the_same_bytes() {
    let body = " {\"model\" : \"small\",\n\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9\"}], \"x\":1e3 }";
    let asked = chat(body);
    let same = asked.outgoing(Endpoint::Chat, "small", Kind::Vllm.quirks()).body;
    assert_eq!(same.as_bytes().map(<[u8]>::as_ptr), Some(body.as_ptr()));
    assert_eq!(sent(&asked, Endpoint::Chat, "org/\"S\"", Kind::Vllm), body.replace("\"small\"", r#""org/\"S\"""#));
}

#[test]
fn usage_is_asked_for_where_the_caller_does_not() {
    for (body, expected) in [
        (r#"{"model":"m","stream":true}"#, r#"{"stream_options":{"include_usage":true},"model":"m","stream":true}"#),
        (
            r#"{"stream_options":{"a":1,"include_usage":false},"model":"m","stream":true}"#,
            r#"{"stream_options":{"a":1,"include_usage":true},"model":"m","stream":true}"#,
        ),
        (
            r#"{"model":"m","stream":true,"stream_options":null}"#,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
        ),
        (r#"{"model":"m","stream":false}"#, r#"{"model":"m","stream":false}"#),
        (
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
        ),
    ] {
        assert_eq!(sent(&chat(body), Endpoint::Chat, "m", Kind::OpenAi), expected);
    }
}

#[test]
fn a_response_is_not_kept() {
    for (body, expected) in [
        (r#"{"model":"m","input":"a"}"#, r#"{"store":false,"model":"m","input":"a"}"#),
        (r#"{"model":"m","store":true}"#, r#"{"model":"m","store":false}"#),
    ] {
        let asked = asked(Endpoint::Responses, body);
        assert_eq!(sent(&asked, Endpoint::Responses, "m", Kind::OpenAi), expected);
        assert_eq!(sent(&asked, Endpoint::Responses, "m", Kind::Ollama), body);
    }
}

#[test]
fn pictures_are_found_in_every_form() {
    for (body, pictures, links) in [
        (r#"{"model":"m","messages":[{"content":"image_url"}]}"#, 0, false),
        (r#"{"model":"m","messages":[{"content":[{"type":"text","text":"data:"}]}]}"#, 0, false),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA","detail":"low"}}]}]}"#,
            1,
            false,
        ),
        (r#"{"model":"m","messages":[{"content":[{"image_url":"DATA:,","type":"image_url"}]}]}"#, 1, false),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"image_url","image_url":{"url":"http://a/b.png"}}]}]}"#,
            1,
            true,
        ),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"image_url","image_url":{"url":"file:///etc/hostname"}}]}]}"#,
            1,
            true,
        ),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"image_url","image_url":{"url":"/etc/hostname"}}]}]}"#,
            1,
            true,
        ),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"image\u005furl","image_url":{"u\u0072l":"http://a"}}]}]}"#,
            1,
            true,
        ),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"image_url","type":"text","image_url":{"url":"data:,","url":"http://a"}}]}]}"#,
            1,
            true,
        ),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"image","image":"data:,"},{"type":"image","image":"data:,"}]}]}"#,
            2,
            false,
        ),
        (
            r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"https://a"}]}]}"#,
            1,
            true,
        ),
        (r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"file-1"}]}]}"#, 1, false),
        (r#"{"model":"m","messages":[{"content":[{"type":"video_url","video_url":{"url":"http://a"}}]}]}"#, 0, true),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}}]}]}"#,
            0,
            false,
        ),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"input_audio","input_audio":{"url":"http://a"}}]}]}"#,
            0,
            true,
        ),
        (r#"{"model":"m","messages":[{"content":[{"type":"image","url":"http://a/b.png"}]}]}"#, 1, true),
        (
            r#"{"model":"m","messages":[{"content":[{"type":"image","source":{"type":"url","url":" FILE:///etc/hostname"}}]}]}"#,
            1,
            true,
        ),
        (r#"{"model":"m","messages":[{"content":"see","images":["iVBORw0KGgo="]}]}"#, 0, false),
        (r#"{"model":"m","messages":[{"content":"see","images":["https://a/b.png"]}]}"#, 0, true),
        (r#"{"model":"m","messages":[{"content":"see http://a"}],"tools":[{"url":{"type":"string"}}]}"#, 0, false),
    ] {
        let content = chat(body).content;
        assert_eq!((content.pictures, content.links), (pictures, links), "{body}");
    }
}

#[test]
fn pictures_of_an_odd_form_are_written_as_backends_know_them() {
    let body =
        r#"{"model":"m","messages":[{"content":[ {"type":"image","image":"data:,a"} ,{"type":"text","text":"t"}]}]}"#;
    let expected = r#"{"model":"m","messages":[{"content":[ {"type":"image_url","image_url":{"url":"data:,a"}} ,{"type":"text","text":"t"}]}]}"#;
    assert_eq!(sent(&chat(body), Endpoint::Chat, "m", Kind::LlamaCpp), expected);
}

#[test]
fn maxima_and_content_are_what_is_reserved() {
    for (body, input, output) in [
        (r#"{"model":"m","messages":[{"content":"0123456789"}]}"#, 13, 100),
        (r#"{"model":"m","max_tokens":7,"max_completion_tokens":9,"n":3}"#, 8, 27),
        (r#"{"model":"m","max_tokens":-1}"#, 8, 100),
        (r#"{"model":"m","max_tokens":null,"n":1000}"#, 8, 100_000),
        (r#"{"model":"m","max_tokens":2,"n_predict":50}"#, 8, 50),
        (r#"{"model":"m","max_tokens":9223372036854775807,"n":9223372036854775807}"#, 8, 1 << 32),
        (r#"{"model":"m","prompt":[[1,2,3],[4]]}"#, 12, 100),
    ] {
        let expected = chat(body).expected(Endpoint::Chat, 100);
        assert_eq!((expected.input, expected.output), (input, output), "{body}");
        assert!(expected.least_input <= expected.input && expected.input < expected.most_input);
        assert_eq!(chat(body).expected(Endpoint::Embeddings, 100).output, 0);
    }
}

#[test]
fn each_of_several_prompts_is_written_on() {
    for (body, output) in [
        (r#"{"model":"m","prompt":"one"}"#, 100),
        (r#"{"model":"m","prompt":["one"," two", "three"],"max_tokens":7}"#, 21),
        (r#"{"model":"m","prompt":["one","two"],"n":2,"best_of":3}"#, 600),
        (r#"{"model":"m","prompt":[1,2,3]}"#, 100),
        (r#"{"model":"m","prompt":[[1,2,3],[4]]}"#, 200),
        (r#"{"model":"m","prompt":[]}"#, 100),
    ] {
        let asked = asked(Endpoint::Completions, body);
        assert_eq!(asked.expected(Endpoint::Completions, 100).output, output, "{body}");
    }
}

#[test]
fn a_prompt_that_is_to_come_back_is_known() {
    for (body, bytes) in [
        (r#"{"model":"m","prompt":"0123456789","echo":true}"#, 10),
        (r#"{"model":"m","prompt":["01234","56789"],"echo":true,"n":2}"#, 20),
        (r#"{"model":"m","prompt":[1,2,3],"echo":true}"#, 12),
        (r#"{"model":"m","prompt":"0123456789","echo":false}"#, 0),
    ] {
        let asked = asked(Endpoint::Completions, body);
        assert_eq!(asked.expected(Endpoint::Completions, 100).echoed_bytes, bytes, "{body}");
    }
    assert_eq!(chat(r#"{"model":"m","prompt":"x","echo":true}"#).expected(Endpoint::Chat, 1).echoed_bytes, 0);
}

#[test]
fn media_have_as_many_tokens_as_their_backend_says_within_reason() {
    let long = "A".repeat(1 << 20);
    for (part, told, credible) in [
        (format!(r#"{{"type":"input_audio","input_audio":{{"data":"{long}","format":"wav"}}}}"#), 2_056, 30_000),
        (format!(r#"{{"type":"file","file":{{"file_data":"data:application/pdf;base64,{long}"}}}}"#), 2_060, 60_000),
        (r#"{"type":"video_url","video_url":{"url":"https://a.example/film"}}"#.to_owned(), 1_520, 500_000),
        (r#"{"type":"input_file","file_id":"file-1"}"#.to_owned(), 1_515, 90_000),
        (r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}"#.to_owned(), 1_520, 66),
        (r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}"#.to_owned(), 1_520, 48_169),
    ] {
        let body = format!(r#"{{"model":"m","messages":[{{"content":[{part}]}}]}}"#);
        let asked = Asked::of(Endpoint::Chat, body.into()).unwrap_or_else(|error| panic!("{error}"));
        let expected = asked.expected(Endpoint::Chat, 100);
        assert!(expected.input.abs_diff(told) < 20, "{} {part:.80}", expected.input);
        assert!((expected.least_input..expected.most_input).contains(&credible), "{expected:?} {part:.80}");
    }
}

#[test]
fn what_a_backend_has_or_looks_up_is_read_as_well() {
    for (endpoint, body, unseen) in [
        (Endpoint::Responses, r#"{"model":"m","input":"a"}"#, 0),
        (Endpoint::Responses, r#"{"model":"m","input":"a","tools":[{"type":"function","name":"f"}]}"#, 0),
        (Endpoint::Responses, r#"{"model":"m","input":"a","tools":[{"type":"web_search"}]}"#, 1),
        (Endpoint::Responses, r#"{"model":"m","input":"a","conversation":null}"#, 0),
        (Endpoint::Responses, r#"{"model":"m","prompt":{"id":"pmpt_1"}}"#, 1),
        (Endpoint::Completions, r#"{"model":"m","prompt":"a"}"#, 0),
        (Endpoint::Chat, r#"{"model":"m","messages":[],"web_search_options":{}}"#, 1),
    ] {
        assert_eq!(asked(endpoint, body).content.unseen, unseen, "{body}");
    }
}

#[test]
fn what_no_backend_has_kept_is_not_asked_for() {
    for (body, field) in [
        (r#"{"model":"m","input":"a","previous_response_id":"resp_1"}"#, "previous_response_id"),
        (r#"{"model":"m","input":"a","conversation":{"id":"conv_1"}}"#, "conversation"),
    ] {
        let error = Asked::of(Endpoint::Responses, Bytes::from_static(body.as_bytes())).err();
        assert!(matches!(error, Some(Error::Kept(named)) if named == field), "{body}");
        assert_eq!(chat(body).content.unseen, 0, "it means nothing there");
    }
}

#[test]
fn what_cannot_be_understood_is_refused_without_repeating_it() {
    for (body, told) in [
        ("", "the body is not a JSON object"),
        (r#"{"model":"m""#, "it ends too early, at line 1, column 12"),
        ("[]", "the body is not a JSON object"),
        (r#"{"model":1}"#, "`model` is not a string"),
        (r#"{"messages":[]}"#, "you must provide a model parameter"),
        (r#"{"model":"a","model":"b"}"#, "duplicate field `model`, at line 1"),
        (r#"{"model":"a","max_tokens":"secret words"}"#, "a maximum of tokens is no whole number"),
        (r#"{"model":"a","max_tokens":1.5}"#, "a maximum of tokens is no whole number"),
        (r#"{"model":"a","n":"secret words"}"#, "`n` or `best_of` is no whole number"),
        (r#"{"model":"a","stream":"true"}"#, "`stream` is neither true nor false"),
        (r#"{"model":"a","mod\u0065l":"b"}"#, "duplicate field `model`, at line 1"),
        (r#"{"model":"a","Model":"secret"}"#, "duplicate field `model`, in other letters, at line 1"),
        (r#"{"MODEL":"secret","model":"a"}"#, "duplicate field `model`, in other letters, at line 1"),
        ("{\"model\":\"a\",\"max_to\u{212A}en\u{17F}\":9}", "duplicate field `max_tokens`, in other letters"),
        (r#"{"model":"a"} secret"#, "it is malformed"),
    ] {
        let error = Asked::of(Endpoint::Chat, Bytes::from_static(body.as_bytes())).err().expect(body).to_string();
        assert!(error.starts_with(told) && !error.contains("secret"), "{error}");
    }
    let deep = format!(r#"{{"model":"m","messages":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert!(Asked::of(Endpoint::Chat, deep.into()).is_err());
}

#[tokio::test]
async fn a_recording_is_a_form_of_the_length_that_it_says() {
    let recording = Recording {
        model: "m".to_owned(),
        fields: vec![("language".to_owned(), "en".to_owned()), ("include[]".to_owned(), "logprobs".to_owned())],
        file: AudioSource::from_bytes(vec![7; 600_000].into()),
        ending: "wav".to_owned(),
        duration: Millis(61_000),
        channels: 2,
    };
    let form = recording.form("org/m");
    let bytes =
        form.bytes.try_fold(Vec::new(), async |all, piece| Ok([all, piece.to_vec()].concat())).await.expect("all");
    assert_eq!(bytes.len() as u64, form.length);
    let boundary = form.content_type.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let text = String::from_utf8(bytes).expect("ASCII");
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    let field =
        |name: &str, text: &str| format!("\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    assert_eq!(parts[..4], ["", &field("model", "org/m"), &field("language", "en"), &field("include[]", "logprobs")]);
    let (head, file) = parts[4].split_once("\r\n\r\n").expect("a head");
    assert!(head.contains("name=\"file\"; filename=\"recording.wav\""), "{head}");
    assert!(file == "\u{7}".repeat(600_000) + "\r\n" && parts[5] == "--\r\n");
    let usage = Asked::of_recording(recording).measured();
    assert_eq!((usage.audio_ms, usage.channels), (61_000, 2));
}
