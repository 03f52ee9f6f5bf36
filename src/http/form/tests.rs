//! Forms in every encoding that clients send, and forms that are broken.

use std::time::Duration;

use axum::{body::Body, extract::Request, http::header};
use bytes::Bytes;
use futures_util::stream;
use proptest::prelude::*;

use super::*;
use crate::domain::Pool;

const BOUNDARY: &str = "----cut";

fn part(name: &str, content: &str) -> String {
    format!("------cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
}

fn file(content: &str) -> String {
    format!(
        "------cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"upload\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{content}\r\n"
    )
}

fn closed(parts: &[String]) -> String {
    parts.concat() + "------cut--\r\n"
}

fn request(body: Body) -> Request {
    Request::builder()
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(body)
        .expect("a valid request")
}

fn settings() -> audio::Settings {
    audio::Settings { max_upload_bytes: 4096, ..audio::Settings::default() }
}

/// Of space for whatever comes.
fn share() -> Share {
    Pool::new(u64::MAX).share(&"acc_local".parse().expect("an id"))
}

async fn parse(body: impl Into<Body>) -> Result<Form, Error> {
    read(request(body.into()), &settings(), &Settings::default(), share()).await
}

async fn refused(body: impl Into<Body>) -> Error {
    parse(body).await.err().expect("refused")
}

#[tokio::test]
async fn file_and_fields_come_in_any_order() {
    let fields = [part("model", "m"), part("include[]", "logprobs"), part("chunking_strategy[type]", "server_vad")];
    for place in 0..=fields.len() {
        let mut parts = fields.to_vec();
        parts.insert(place, file("RIFF"));
        let form = parse(closed(&parts)).await.expect("a form");
        assert_eq!(form.file.expect("a file").len(), 4);
        let told: Vec<_> = form.values.iter().map(|v| (v.field, v.key.as_str(), v.text.as_str())).collect();
        assert_eq!(
            told,
            [("model", "", "m"), ("include", "", "logprobs"), ("chunking_strategy", "type", "server_vad")]
        );
        assert!(form.ignored.is_empty());
    }
}

#[tokio::test]
async fn fields_that_nobody_wants_are_named_once() {
    let parts = [part("keywords[]", "a"), part("keywords[]", "b"), part("nested[a][]", &"x".repeat(2000))];
    let mut form = parse(closed(&parts)).await.expect("a form");
    assert!(form.values.is_empty() && form.ignored.is_empty());
    let kept: Vec<_> = form.others.iter().map(|other| (other.name.as_str(), other.text.len())).collect();
    assert_eq!(kept, [("keywords[]", 1), ("keywords[]", 1), ("nested[a][]", 2000)]);
    form.ignore_others();
    assert_eq!(form.ignored, ["keywords", "nested"]);
    assert!(form.others.is_empty());
}

#[tokio::test]
async fn what_a_backend_could_take_for_another_field_is_not_kept_for_it() {
    let settings = audio::Settings { max_upload_bytes: 1 << 20, ..settings() };
    let names = ["Model", "model[", "STREAM[a]", "mo%64el", "a b", "[]"];
    let mut parts = names.map(|name| part(name, "x")).to_vec();
    parts.push(part("long", &"x".repeat(MAX_TEXT + 1)));
    let request = request(Body::from(closed(&parts)));
    let form = read(request, &settings, &Settings::default(), share()).await.expect("a form");
    assert!(form.others.is_empty(), "{:?}", form.others.iter().map(|other| &other.name).collect::<Vec<_>>());
    assert_eq!(form.ignored.len(), 7, "{:?}", form.ignored);
}

#[tokio::test]
async fn what_is_no_form_is_told_so() {
    for media_type in ["application/json", "multipart/form-data", "nonsense", ""] {
        let mut request = request(Body::empty());
        request.headers_mut().insert(header::CONTENT_TYPE, media_type.parse().expect("a header value"));
        let error = read(request, &settings(), &Settings::default(), share()).await.err();
        assert!(matches!(error, Some(Error::UnsupportedContentType { .. })), "{media_type}");
    }
    let mut compressed = request(Body::empty());
    compressed.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().expect("a header value"));
    let error = read(compressed, &settings(), &Settings::default(), share()).await.err();
    assert!(matches!(error, Some(Error::Encoded(encoding)) if encoding == "gzip"));
}

#[tokio::test]
async fn a_form_that_is_cut_off_anywhere_is_refused() {
    let whole = closed(&[part("model", "m"), file("RIFF")]);
    let end = whole.len() - "--\r\n".len();
    for length in 0..end {
        assert!(matches!(refused(whole[..length].to_owned()).await, Error::InvalidForm(_)), "{length} bytes");
    }
}

#[tokio::test]
async fn the_limit_counts_the_body_and_the_announcement() {
    let body = closed(&[file(&"x".repeat(5000))]);
    let error = refused(in_pieces(&body, 512)).await;
    assert!(matches!(error, Error::TooLarge { limit: 4096, seen: 4608, announced: false }), "{error}");

    let mut announced = request(Body::empty());
    announced.headers_mut().insert(header::CONTENT_LENGTH, "4097".parse().expect("a header value"));
    let error = read(announced, &settings(), &Settings::default(), share()).await.err();
    assert!(matches!(error, Some(Error::TooLarge { seen: 4097, announced: true, .. })));
}

#[tokio::test]
async fn text_has_limits_too() {
    let settings = audio::Settings { max_upload_bytes: 16 << 20, ..settings() };
    let long = closed(&[part("prompt", &"x".repeat(MAX_TEXT + 1))]);
    let error = read(request(long.into()), &settings, &Settings::default(), share()).await.err();
    assert!(matches!(error, Some(Error::ParameterTooLong { param: "prompt", .. })));

    let many: Vec<_> = (0..=MAX_FIELDS).map(|n| part(&format!("f{n}"), "")).collect();
    let error = read(request(closed(&many).into()), &settings, &Settings::default(), share()).await.err();
    assert!(matches!(error, Some(Error::TooManyParameters { .. })));

    let ending = part("keywords", "").replacen("Content", &format!("X-Long: {}\r\nContent", "x".repeat(200 << 10)), 1);
    let error =
        read(request(in_pieces(&closed(&[ending]), 16 << 10)), &settings, &Settings::default(), share()).await.err();
    assert!(matches!(error, Some(Error::InvalidForm(why)) if why.contains("within 65536 bytes")));
}

/// A body of which so many bytes come at once, and all of them as soon as they are wanted.
fn in_pieces(body: &str, size: usize) -> Body {
    let pieces: Vec<_> = body.as_bytes().chunks(size).map(Bytes::copy_from_slice).map(Ok::<_, Error>).collect();
    Body::from_stream(stream::iter(pieces))
}

#[tokio::test]
async fn names_have_limits_whoever_wants_the_field() {
    let long = "n".repeat(MAX_NAME + 1);
    for name in [&long, &format!("include[{long}]"), &format!("model[{long}]"), &format!("nested[a][{long}]")] {
        let error = refused(closed(&[file("RIFF"), part(name, "")])).await;
        assert!(matches!(error, Error::InvalidForm(why) if why == "the name of a field is longer than 256 bytes"));
    }
    let form = parse(closed(&[part(&long[1..], "")])).await.expect("a form");
    assert_eq!(form.others[0].name, long[1..]);
}

#[tokio::test]
async fn how_much_comes_at_once_does_not_matter() {
    let settings = audio::Settings { max_upload_bytes: 16 << 20, ..settings() };
    let named = file("RIFF").replacen("upload", &format!("{}.wav", "%E4".repeat(8 << 10)), 1);
    let large = part("keywords", &"x".repeat(3 << 20));
    let body = closed(&[large.clone(), named, large]) + &"\r\n".repeat(1 << 20);
    for size in [4 << 10, 60 << 10, 300 << 10, 5 << 20] {
        let form =
            read(request(in_pieces(&body, size)), &settings, &Settings::default(), share()).await.expect("a form");
        assert_eq!(form.ending.as_deref(), Some("wav"), "{size}");
        assert_eq!(form.file.expect("a file").len(), 4, "{size}");
    }
}

#[tokio::test]
async fn a_second_file_and_text_that_is_no_text_are_refused() {
    assert!(matches!(refused(closed(&[file("a"), file("b")])).await, Error::DuplicateParameter("file")));
    let mut broken = part("model", "?").into_bytes();
    let place = broken.iter().rposition(|&byte| byte == b'?').expect("there");
    broken[place] = 0xff;
    broken.extend_from_slice(b"------cut--\r\n");
    assert!(matches!(refused(broken).await, Error::InvalidValue { param: "model", .. }));
}

/// What is wrong with a recording of which `at_once` bytes come at once, and then `size` bytes every 20 s.
async fn dripping(at_once: usize, size: usize, settings: &Settings) -> Error {
    let drip = stream::unfold((), move |()| async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Some((Ok::<_, Error>(Bytes::from(vec![b'x'; size])), ()))
    });
    let audio = audio::Settings { max_upload_bytes: 1 << 30, ..self::settings() };
    let start = file("RIFF").replace("RIFF\r\n", &"x".repeat(at_once)).into_bytes();
    let start = stream::iter(start.chunks(64 << 10).map(Bytes::copy_from_slice).map(Ok).collect::<Vec<_>>());
    let body = Body::from_stream(futures_util::StreamExt::chain(start, drip));
    read(request(body), &audio, settings, share()).await.err().expect("refused")
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_coming_is_a_timeout() {
    let start = stream::iter([Ok::<_, Error>(Bytes::from_static(b"------cut\r\n"))]);
    let body = Body::from_stream(futures_util::StreamExt::chain(start, stream::pending()));
    assert!(matches!(refused(body).await, Error::RequestTimeout(why) if why == "nothing came for 30 s"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_a_timeout_after_a_minute_however_fast_it_was_before() {
    for at_once in [4, 4 << 20] {
        let start = tokio::time::Instant::now();
        let error = dripping(at_once, 1, &Settings::default()).await;
        assert!(matches!(&error, Error::RequestTimeout(why) if why.contains("1024 bytes a second")), "{error}");
        assert!((60..=80).contains(&start.elapsed().as_secs()), "with the first drop after the minute");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_keeps_its_pace_is_a_timeout_in_the_end() {
    let settings = Settings { body_timeout: Duration::from_mins(10), ..Settings::default() };
    let error = dripping(4, 20 << 10, &settings).await;
    assert!(matches!(&error, Error::RequestTimeout(why) if why == "it took more than 600 s"), "{error}");
}

proptest! {
    #[test]
    fn how_the_bytes_are_cut_into_chunks_does_not_matter(
        content in "[-\r\ncut]{0,200}",
        cuts in prop::collection::vec(1_usize..40, 1..100),
    ) {
        prop_assume!(!content.contains("\r\n------cut"));
        let body = closed(&[part("model", "m"), file(&content), part("prompt", "p")]).into_bytes();
        let mut chunks = Vec::new();
        let mut rest = body.as_slice();
        for cut in cuts {
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            chunks.push(Ok::<_, Error>(Bytes::copy_from_slice(chunk)));
            rest = after;
        }
        chunks.push(Ok(Bytes::copy_from_slice(rest)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let form = runtime.block_on(parse(Body::from_stream(stream::iter(chunks)))).expect("a form");
        prop_assert_eq!(form.file.expect("a file").len(), content.len() as u64);
        prop_assert_eq!(form.values.len(), 2);
    }
}
