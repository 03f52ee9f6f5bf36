//! What each field of a form may say, and what the API answers when it may not.

use super::*;

/// A form with these fields, written `name[key]=text`.
fn form(fields: &[(&'static str, &str)]) -> Form {
    let values = fields.iter().map(|&(name, text)| {
        let (field, key) = name.split_once('[').map_or((name, ""), |(field, key)| (field, key.trim_end_matches(']')));
        Value { field, key: key.to_owned(), text: text.to_owned() }
    });
    Form { values: values.collect(), ..Form::default() }
}

fn asked(fields: &[(&'static str, &str)]) -> Result<Asked, Error> {
    Asked::of(&mut form(fields), Task::Transcribe, "nano".to_owned())
}

fn code(fields: &[(&'static str, &str)]) -> (u16, Option<&'static str>, Option<&'static str>) {
    let error = asked(fields).expect_err("refused");
    let detail = error.body().error;
    (error.failure().row().status, detail.code, detail.param)
}

#[test]
fn an_empty_form_means_the_defaults() {
    let fields = [
        "model",
        "language",
        "prompt",
        "response_format",
        "temperature",
        "stream",
        "chunking_strategy",
        "service_tier",
    ];
    for asked in [asked(&[]), asked(&fields.map(|field| (field, "")))] {
        let asked = asked.expect("allowed");
        assert_eq!(asked.format, Format::Json);
        assert_eq!(asked.detail, Detail::default());
        assert!(!asked.stream);
        let Options { claim, task, language, prompt, temperature, words, logprobs } = asked.options;
        assert_eq!(claim, Claim::default());
        assert_eq!((task, language, prompt, words, logprobs), (Task::Transcribe, None, None, false, false));
        assert!(temperature.abs() < f32::EPSILON);
    }
}

#[test]
fn granularities_follow_openais_matrix() {
    for (granularities, segments, words) in [
        (&[][..], true, false),
        (&["segment"], true, false),
        (&["word"], false, true),
        (&["word", "segment"], true, true),
    ] {
        let mut fields: Vec<_> = granularities.iter().map(|&name| ("timestamp_granularities[]", name)).collect();
        fields.push(("response_format", "verbose_json"));
        let detail = asked(&fields).expect("allowed").detail;
        assert_eq!((detail.segments, detail.words), (segments, words), "{granularities:?}");
    }
    for format in ["json", "text", "srt", "vtt"] {
        let with = |granularity| [("response_format", format), ("timestamp_granularities[]", granularity)];
        assert!(asked(&with("segment")).is_ok(), "{format}");
        assert_eq!(code(&with("word")), (400, Some("unsupported_value"), Some("timestamp_granularities")));
    }
}

#[test]
fn lists_come_in_every_encoding() {
    for fields in [
        &[("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment")][..],
        &[("timestamp_granularities", "word"), ("timestamp_granularities", "segment")],
        &[("timestamp_granularities[0]", "word"), ("timestamp_granularities[1]", "segment")],
        &[("timestamp_granularities", "word, segment")],
        &[("timestamp_granularities", r#"["word","segment"]"#)],
    ] {
        let fields = [fields, &[("response_format", "verbose_json")]].concat();
        let detail = asked(&fields).expect("allowed").detail;
        assert!(detail.words && detail.segments, "{fields:?}");
    }
}

#[test]
fn logprobs_need_json() {
    assert!(asked(&[("include[]", "logprobs")]).expect("allowed").options.logprobs);
    let with_text = [("include[]", "logprobs"), ("response_format", "text")];
    assert_eq!(code(&with_text), (400, Some("unsupported_value"), Some("include")));
    assert_eq!(code(&[("include[]", "tokens")]), (400, Some("invalid_value"), Some("include")));
}

#[test]
fn chunking_is_checked_and_its_numbers_are_named() {
    for (fields, tuned) in [
        (&[("chunking_strategy", "auto")][..], false),
        (&[("chunking_strategy", r#"{"type":"server_vad"}"#)], false),
        (&[("chunking_strategy", r#"{"type":"server_vad","threshold":0.4}"#)], true),
        (&[("chunking_strategy[type]", "server_vad"), ("chunking_strategy[threshold]", "0.5")], true),
        (&[("chunking_strategy[threshold]", "0.5"), ("chunking_strategy[type]", "server_vad")], true),
    ] {
        let mut form = form(fields);
        Asked::of(&mut form, Task::Transcribe, "nano".to_owned()).expect("allowed");
        assert_eq!(form.ignored == ["chunking_strategy"], tuned, "{fields:?}");
    }
    for fields in [
        &[("chunking_strategy", "none")][..],
        &[("chunking_strategy", r#"{"type":"fixed"}"#)],
        &[("chunking_strategy[threshold]", "0.5")],
    ] {
        assert_eq!(code(fields), (400, Some("invalid_value"), Some("chunking_strategy")));
    }
}

#[test]
fn values_that_cannot_be_are_named() {
    for (field, text) in [
        ("response_format", "yaml"),
        ("temperature", "1.5"),
        ("temperature", "-0.1"),
        ("temperature", "NaN"),
        ("temperature", "warm"),
        ("language", "klingon"),
        ("stream", "perhaps"),
        ("task", "summarise"),
        ("service_tier", "scale"),
    ] {
        assert_eq!(code(&[(field, text)]), (400, Some("invalid_value"), Some(field)), "{field}={text}");
    }
    assert_eq!(
        code(&[("response_format", "diarized_json")]),
        (400, Some("unsupported_value"), Some("response_format"))
    );
    let twice = named_model(&form(&[("model", "a"), ("model", "b")])).map(drop).expect_err("one is meant");
    assert_eq!(twice.body().error.code, Some("duplicate_parameter"));
}

#[test]
fn streams_are_text() {
    for (format, allowed) in [("json", true), ("text", true), ("srt", false), ("vtt", false), ("verbose_json", false)] {
        let fields = [("stream", "True"), ("response_format", format)];
        assert_eq!(asked(&fields).is_ok_and(|asked| asked.stream), allowed, "{format}");
    }
}

#[test]
fn flex_is_batch_work_and_no_other_tier_is() {
    for (tier, class) in [
        ("auto", Class::Interactive),
        ("default", Class::Interactive),
        ("priority", Class::Interactive),
        ("flex", Class::Batch),
    ] {
        assert_eq!(asked(&[("service_tier", tier)]).expect("allowed").options.claim.class, class, "{tier}");
    }
}

#[test]
fn cloud_temples_names_are_understood() {
    let told = asked(&[("initial_prompt", "Ada Lovelace"), ("task", "translate"), ("language", "de-CH")]);
    let options = told.expect("allowed").options;
    assert_eq!(options.prompt.as_deref(), Some("Ada Lovelace"));
    assert_eq!(options.task, Task::Translate);
    assert_eq!(options.language.map(Language::code), Some("de"));
}

#[test]
fn a_second_prompt_is_named() {
    for (fields, named) in [
        (&[("initial_prompt", "Ada"), ("prompt", "Grace")][..], true),
        (&[("initial_prompt", ""), ("prompt", "Grace")], false),
        (&[("initial_prompt", "Grace"), ("prompt", "")], false),
    ] {
        let mut form = form(fields);
        let asked = Asked::of(&mut form, Task::Transcribe, "nano".to_owned()).expect("allowed");
        assert_eq!(asked.options.prompt.as_deref(), Some("Grace"));
        assert_eq!(form.ignored == ["initial_prompt"], named, "{fields:?}");
    }
}

#[test]
fn the_route_of_translations_translates() {
    let of = |fields| Asked::of(&mut form(fields), Task::Translate, "nano".to_owned());
    assert_eq!(of(&[]).expect("allowed").options.task, Task::Translate);
    assert!(of(&[("task", "transcribe")]).is_err());
}
