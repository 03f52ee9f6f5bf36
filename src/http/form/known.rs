//! Every field of the transcription form that we know, and what we do with it.
//!
//! The parser reads by this list, and the OpenAPI document shows it, so that the two cannot differ.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ArrayBuilder, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type},
    },
};

/// A field and what it is for.
pub(super) struct Known {
    pub name: &'static str,
    pub usage: Use,
    shape: Shape,
    about: &'static str,
}

/// What we do with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is the recording.
    File,
    /// It is read.
    Read,
    /// It is accepted, has no effect here and is named in `x-minuted-ignored-params`; a backend may know it.
    Ignored,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Binary,
    Text,
    OneOf(&'static [&'static str]),
    Number { from: f64, to: f64 },
    Flag,
    List,
    ListOf(&'static [&'static str]),
}

const fn field(name: &'static str, usage: Use, shape: Shape, about: &'static str) -> Known {
    Known { name, usage, shape, about }
}

use Shape::{Binary, Flag, List, ListOf, Number, OneOf, Text};
use Use::{File, Ignored, Read};

/// In the order of the documentation.
#[rustfmt::skip]
pub(super) const KNOWN: &[Known] = &[
    field("file", File, Binary, "The recording. Its container and codec are found by content; name and type do not matter."),
    field("model", Read, Text, "Name or alias of a model that is served; the default model if it is missing."),
    field("language", Read, Text, "Language spoken, as ISO 639-1 code or English name; detected if it is missing or `auto`."),
    field("prompt", Read, Text, "Text that goes before: names, spelling, style. Only its end counts, 223 tokens."),
    field("initial_prompt", Read, Text, "Another name of `prompt`."),
    field("response_format", Read, OneOf(&["json", "text", "srt", "verbose_json", "vtt"]), "Form of the answer; `json` if it is missing."),
    field("temperature", Read, Number { from: 0.0, to: 1.0 }, "0, the default, is raised by itself where a text looks wrong."),
    field("timestamp_granularities", Read, ListOf(&["word", "segment"]), "What gets times in `verbose_json`; `segment` if it is missing. `word` alone leaves the segments out."),
    field("include", Read, ListOf(&["logprobs"]), "`logprobs` adds the tokens' probabilities to a `json` answer."),
    field("stream", Read, Flag, "True: the text comes as server-sent events while it is recognised. With `json` or `text` only."),
    field("chunking_strategy", Read, Text, "`auto`, which is what is always done; or an object with `type` `server_vad`, whose numbers have no effect."),
    field("task", Read, OneOf(&["transcribe", "translate"]), "`translate` is another way to ask for a translation."),
    field("service_tier", Read, OneOf(&["auto", "default", "priority", "flex"]), "`flex`: when there is time, though it never stands still, at the same price. Any other, or none: at once."),
    field("languages", Ignored, List, "Has no effect."),
    field("keywords", Ignored, List, "Has no effect; use `prompt`."),
    field("known_speaker_names", Ignored, List, "Has no effect: speakers are not told apart."),
    field("known_speaker_references", Ignored, List, "Has no effect: speakers are not told apart."),
];

/// The form of both audio routes, for the OpenAPI document.
pub(crate) struct TranscriptionForm;

impl ToSchema for TranscriptionForm {}

impl PartialSchema for TranscriptionForm {
    fn schema() -> RefOr<Schema> {
        let mut form = ObjectBuilder::new().description(Some(
            "Lists may be sent as `x[]`, `x`, `x[0]`, separated by commas or as JSON. Other fields are accepted, have no \
             effect and are named in the header `x-minuted-ignored-params`; but for a model of a backend, which is sent them.",
        ));
        for known in KNOWN {
            form = form.property(known.name, known.schema());
        }
        form.required("file").into()
    }
}

impl Known {
    fn schema(&self) -> Schema {
        if let Some(items) = match self.shape {
            List => Some(Object::with_type(Type::String)),
            ListOf(values) => {
                Some(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values.iter().copied())).build())
            }
            _ => None,
        } {
            return ArrayBuilder::new().items(items).description(Some(self.about)).build().into();
        }
        let schema = ObjectBuilder::new().description(Some(self.about));
        match self.shape {
            Binary => schema.schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))),
            OneOf(values) => schema.schema_type(Type::String).enum_values(Some(values.iter().copied())),
            Number { from, to } => schema.schema_type(Type::Number).minimum(Some(from)).maximum(Some(to)),
            Flag => schema.schema_type(Type::Boolean),
            Text | List | ListOf(_) => schema.schema_type(Type::String),
        }
        .build()
        .into()
    }
}
