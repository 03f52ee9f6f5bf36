//! What is text, though it is named like media.

use crate::gateway::endpoint::Endpoint;
use crate::gateway::request::Asked;

#[test]
fn parameters_that_are_named_like_media_are_none() {
    const SCHEMA: &str = r#"{"type":"object","properties":{"image":{"type":"string","description":"http://a"},
        "image_url":{"type":"string","description":"where"},"video":{"description":"which","minLength":3},
        "file_url":{"description":"a"},"file_id":{"description":"b"},"type":{"enum":["image"]}}}"#;
    let content =
        |endpoint, body: String| Asked::of(endpoint, body.into()).unwrap_or_else(|error| panic!("{error}")).content;
    for (endpoint, field) in [
        (Endpoint::Chat, r#""tools":[{"type":"function","function":{"name":"f","parameters":SCHEMA}}]"#),
        (Endpoint::Responses, r#""tools":[{"type":"function","name":"f","parameters":SCHEMA}]"#),
        (Endpoint::Chat, r#""functions":[{"name":"f","parameters":SCHEMA}]"#),
        (Endpoint::Chat, r#""response_format":{"type":"json_schema","json_schema":{"schema":SCHEMA}}"#),
        (Endpoint::Responses, r#""text":{"format":{"type":"json_schema","schema":SCHEMA}}"#),
    ] {
        let body = format!(r#"{{"model":"m","input":"a",{}}}"#, field.replace("SCHEMA", SCHEMA));
        let content = content(endpoint, body);
        assert_eq!((content.pictures, content.media_bytes, content.unseen, content.tokens), (0, 0, 0, 0), "{field}");
        assert!(!content.links && !content.odd_pictures && content.text_bytes > 100, "{field}: {content:?}");
    }
    let mask = r#"{"model":"m","input":"a","tools":[{"type":"image_generation","input_image_mask":{"image_url":"http://a"}}]}"#;
    assert!(content(Endpoint::Responses, mask.to_owned()).links, "a tool of a backend that is given a picture");
}
