//! Streams in pieces: what passes, what is hidden, and what is seen.

use proptest::prelude::*;

use super::*;

const HELLO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}],\"usage\":null}\n\n";
const THERE: &str = ": a comment\r\ndata: {\"choices\":[{\"delta\":{\"content\":\" there\"}}]}\r\n\r\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn through(stream: &[u8], cuts: &[usize], hide: bool) -> (Vec<u8>, Seen) {
    let mut events = Events::new(hide);
    let mut passed = Vec::new();
    let mut at = 0;
    for cut in cuts {
        let cut = (*cut).min(stream.len() - at);
        passed.extend(events.take(Bytes::copy_from_slice(&stream[at..][..cut])));
        at += cut;
    }
    passed.extend(events.take(Bytes::copy_from_slice(&stream[at..])));
    passed.extend(events.finish());
    (passed, *events.seen())
}

proptest! {
    #[test]
    fn however_it_is_cut_all_passes_but_the_event_of_the_usage(cuts in prop::collection::vec(0usize..40, 0..60)) {
        let stream = [HELLO, THERE, USAGE, DONE].concat();
        for (hide, expected) in [(false, stream.clone()), (true, [HELLO, THERE, DONE].concat())] {
            let (passed, seen) = through(stream.as_bytes(), &cuts, hide);
            prop_assert_eq!(String::from_utf8(passed).expect("UTF-8"), expected);
            prop_assert_eq!((seen.text_bytes, seen.texts), (11, 2));
            prop_assert_eq!(seen.report.and_then(|report| report.output), Some(2));
        }
    }
}

#[test]
fn whole_events_go_on_at_once() {
    for hide in [false, true] {
        let mut events = Events::new(hide);
        assert_eq!(events.take(HELLO.into()), HELLO);
        assert!(events.is_between());
        assert_eq!(events.take("data: {".into()), if hide { "" } else { "data: {" });
        assert_eq!(events.is_between(), hide, "what waits has not gone on");
    }
}

#[test]
fn it_is_known_where_the_first_event_of_a_chunk_ends() {
    let long = format!("data: {}", "x".repeat(LONGEST_WAIT));
    for (hide, chunks) in [
        (false, &[("data: 1", None), ("2\n", None), ("\ndata: 3\n\ndata: 4", Some(1)), ("\n\n\n", Some(2))][..]),
        (
            true,
            &[
                ("data: 1\n\ndata: 2", Some(9)),
                ("\n\n: \n\n", Some(9)),
                (long.as_str(), None),
                ("\n\ndata: 1\n\n", Some(2)),
            ],
        ),
    ] {
        let mut events = Events::new(hide);
        for (chunk, end) in chunks {
            events.take(Bytes::copy_from_slice(chunk.as_bytes()));
            assert_eq!(events.first_end(), *end, "hide={hide} {chunk:.20}");
        }
    }
}

#[test]
fn what_comes_behind_the_usage_in_its_event_is_not_kept() {
    let mut events = Events::new(true);
    let usage = USAGE.trim_end();
    assert_eq!(events.take(format!("{usage}\n").into()), "");
    for _ in 0..100 {
        assert_eq!(events.take(format!("x: {}\n", "x".repeat(LONGEST_WAIT)).into()), "");
        assert!(events.waiting.capacity() <= LONGEST_WAIT, "{}", events.waiting.capacity());
    }
    assert_eq!(events.take(format!("\n{HELLO}").into()), HELLO);
}

#[test]
fn usage_beside_text_is_not_hidden() {
    let event = HELLO.replace("null", "{\"prompt_tokens\":5}");
    let (passed, seen) = through(event.as_bytes(), &[], true);
    assert_eq!(passed, event.as_bytes());
    assert_eq!(seen.report.and_then(|report| report.input), Some(5));
}

#[test]
fn usage_is_found_in_the_last_event_of_a_response() {
    let stream = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"four\"}\n\n\
                  event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":\
                  {\"input_tokens\":7,\"output_tokens\":3}}}\n\n";
    let (passed, seen) = through(stream.as_bytes(), &[3, 50], false);
    assert_eq!((passed.as_slice(), seen.text_bytes), (stream.as_bytes(), 4));
    assert_eq!(seen.report.and_then(|report| report.output), Some(3));
}

#[test]
fn usage_is_found_at_the_end_of_a_line_that_is_too_long_to_be_read() {
    let text = "x".repeat(2 * LONGEST_LINE);
    let line = format!(
        "data: {{\"type\":\"response.completed\",\"response\":{{\"output\":[{{\"text\":\"{text}\"}}],\"usage\":\
         {{\"input_tokens\":7,\"output_tokens\":3}}}}}}"
    );
    for end in ["", "\n\n"] {
        let stream = format!("{HELLO}{line}{end}");
        let (passed, seen) = through(stream.as_bytes(), &[3, 50, 100_000, LONGEST_LINE, 20], false);
        assert_eq!((passed.len(), seen.text_bytes), (stream.len(), 5));
        assert_eq!(seen.report.and_then(|report| report.output), Some(3));
        assert!(seen.unread_bytes.abs_diff(line.len() as u64) <= 1, "{}", seen.unread_bytes);
    }
}

#[test]
fn an_event_of_an_error_is_understood() {
    for (event, blame) in [
        ("data: {\"error\":{\"message\":\"no\"}}\n\n", Some(Blame::Backend)),
        ("data: {\"error\":{\"code\":400}}\n\n", Some(Blame::Caller)),
        ("event: error\ndata: {\"type\":\"error\",\"message\":\"no\"}\n\n", Some(Blame::Backend)),
        ("event: error\ndata: {\"type\":\"error\",\"code\":\"invalid_prompt\"}\n\n", Some(Blame::Caller)),
        ("data: {\"type\":\"error\",\"code\":\"server_error\"}\n\n", Some(Blame::Backend)),
        ("data: {\"error\":\"Input validation error\",\"error_type\":\"validation\"}\n\n", Some(Blame::Caller)),
        ("data: {\"error\":\"Request failed\",\"error_type\":\"generation\"}\n\n", Some(Blame::Backend)),
        ("data: {\"response\":{\"error\":{\"code\":\"context_length_exceeded\"}}}\n\n", Some(Blame::Caller)),
        ("data: {\"response\":{\"error\":{\"code\":\"server_error\"}}}\n\n", Some(Blame::Backend)),
        ("data: {\"response\":{\"error\":null}}\n\n", None),
        ("error: {\"code\":400,\"message\":\"no\",\"type\":\"invalid_request_error\"}\n\n", Some(Blame::Caller)),
        ("error: {\"code\":500,\"message\":\"no\",\"type\":\"server_error\"}\n\n", Some(Blame::Backend)),
        ("error: none\n\n", None),
        (HELLO, None),
    ] {
        let (passed, seen) = through(event.as_bytes(), &[9], true);
        assert_eq!((passed.as_slice(), seen.blame), (event.as_bytes(), blame), "{event}");
    }
}

#[test]
fn a_line_without_an_end_passes_and_is_not_kept() {
    for hide in [false, true] {
        let mut events = Events::new(hide);
        let chunk = Bytes::from(vec![b'x'; 64 << 10]);
        let mut passed = events.take("data: ".into()).len();
        for _ in 0..100 {
            passed += events.take(chunk.clone()).len();
            assert!(events.line.capacity() + events.waiting.capacity() <= 3 * LONGEST_LINE);
        }
        assert_eq!(passed, 6 + 100 * chunk.len(), "hide={hide}");
        assert!(events.seen().unread_bytes >= 100 * chunk.len() as u64);
        let end = events.take(format!("\n\n{HELLO}").into());
        assert_eq!((end.as_ref(), events.is_between()), (format!("\n\n{HELLO}").as_bytes(), true));
    }
}
