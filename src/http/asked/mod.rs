//! What a form asks for, checked once: past this point there are no strings to check.
//!
//! Every field that is read can come alone, as a list (`x[]`, `x`, `x[0]`, separated by commas, as JSON) or as an object;
//! [`Asked::of`] knows which it should be, and names the field and what it takes when it is not so.

use super::Error;
use super::form::{Form, Value};
use crate::accounts::{Caller, Scope};
use crate::domain::Language;
use crate::speech::{Claim, Class};
use crate::transcript::Task;
use crate::transcript::render::{Detail, Format};
use crate::transcription::Options;

/// A request for a transcript.
#[derive(Debug)]
pub(super) struct Asked {
    /// The id of the model.
    pub model: String,
    /// For the recogniser.
    pub options: Options,
    /// Form of the answer.
    pub format: Format,
    /// Parts of the answer.
    pub detail: Detail,
    /// Whether the text is sent while it is recognised.
    pub stream: bool,
}

impl Asked {
    /// From a form's text fields, on a route that does `task` by itself, for the model of this id. Adds to the form's
    /// ignored fields those whose value has no effect.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub(super) fn of(form: &mut Form, task: Task, model: String) -> Result<Self, Error> {
        let values = Values(&form.values);
        let format = format(&values)?;
        let stream = values.flag("stream")?;
        if stream && !matches!(format, Format::Json | Format::Text) {
            let why = format!("Streamed answers have no {}; use response_format json or text.", format.as_str());
            return Err(Error::UnsupportedValue { param: "stream", why });
        }
        let detail = detail(&values, format)?;
        let (prompt, second_prompt) = prompt(&values)?;
        let options = Options {
            claim: Claim { class: class(&values)?, ..Claim::default() },
            task: self::task(&values, task)?,
            language: language(&values)?,
            prompt,
            temperature: temperature(&values)?,
            words: detail.words,
            logprobs: detail.logprobs,
        };
        let chunking_is_tuned = chunking_is_tuned(&values)?;
        for (field, without_effect) in [("initial_prompt", second_prompt), ("chunking_strategy", chunking_is_tuned)] {
            if without_effect {
                form.ignore(field);
            }
        }
        Ok(Self { model, options, format, detail, stream })
    }

    /// The form of the answer in words, by which two requests are told apart. Whether it is streamed makes no difference.
    pub(super) fn answer(&self) -> String {
        let Detail { segments, words, logprobs } = self.detail;
        format!("{} segments={segments} words={words} logprobs={logprobs}", self.format.as_str())
    }

    /// Whether the caller may have this: a field of the form can ask for another task than the route's, and for a model
    /// of its own.
    ///
    /// # Errors
    /// [`Error::InsufficientScope`], [`Error::ModelForbidden`].
    pub(super) fn permit(&self, caller: &Caller) -> Result<(), Error> {
        let scope = match self.options.task {
            Task::Transcribe => Scope::Transcribe,
            Task::Translate => Scope::Translate,
        };
        if !caller.may(scope) {
            return Err(Error::InsufficientScope(scope));
        }
        if caller.may_use(&self.model) { Ok(()) } else { Err(Error::ModelForbidden(self.model.clone())) }
    }
}

/// What a form calls the model that it wants; `None` if it does not say.
///
/// # Errors
/// [`Error::DuplicateParameter`].
pub(super) fn named_model(form: &Form) -> Result<Option<&str>, Error> {
    Values(&form.values).one("model")
}

/// The task that a form asks for; `None` if it does not say.
///
/// # Errors
/// [`Error::DuplicateParameter`].
pub(super) fn named_task(form: &Form) -> Result<Option<&str>, Error> {
    Values(&form.values).one("task")
}

fn format(values: &Values) -> Result<Format, Error> {
    const PARAM: &str = "response_format";
    let Some(name) = values.one(PARAM)? else { return Ok(Format::default()) };
    if name == "diarized_json" {
        let why = "response_format 'diarized_json' is not supported: this model does not tell speakers apart. Use \
                   'verbose_json' instead.";
        return Err(Error::UnsupportedValue { param: PARAM, why: why.to_owned() });
    }
    Format::parse(name).ok_or_else(|| wrong(PARAM, name, "json, text, srt, verbose_json or vtt"))
}

/// OpenAI's matrix: words need `verbose_json`, and words alone leave the segments out; segments are always allowed.
fn detail(values: &Values, format: Format) -> Result<Detail, Error> {
    const GRANULARITIES: &str = "timestamp_granularities";
    let granularities = values.list(GRANULARITIES);
    if let Some(other) = granularities.iter().find(|name| !matches!(name.as_str(), "word" | "segment")) {
        return Err(wrong(GRANULARITIES, other, "word or segment"));
    }
    let words = granularities.iter().any(|name| name == "word");
    if words && format != Format::VerboseJson {
        let why = format!("Words get times in verbose_json only, and response_format is {}.", format.as_str());
        return Err(Error::UnsupportedValue { param: GRANULARITIES, why });
    }
    let included = values.list("include");
    if let Some(other) = included.iter().find(|name| *name != "logprobs") {
        return Err(wrong("include", other, "logprobs"));
    }
    let logprobs = !included.is_empty();
    if logprobs && format != Format::Json {
        let why = format!("logprobs come with json only, and response_format is {}.", format.as_str());
        return Err(Error::UnsupportedValue { param: "include", why });
    }
    let segments = granularities.is_empty() || granularities.iter().any(|name| name == "segment");
    Ok(Detail { segments, words, logprobs })
}

fn task(values: &Values, route: Task) -> Result<Task, Error> {
    match values.one("task")? {
        None => Ok(route),
        Some("transcribe") if route == Task::Transcribe => Ok(Task::Transcribe),
        Some("translate") => Ok(Task::Translate),
        Some("transcribe") => {
            let why = "This route translates; send the request to /v1/audio/transcriptions instead.".to_owned();
            Err(Error::UnsupportedValue { param: "task", why })
        }
        Some(other) => Err(wrong("task", other, "transcribe or translate")),
    }
}

/// How urgently it is wanted, by OpenAI's names. All of them have one price.
fn class(values: &Values) -> Result<Class, Error> {
    match values.one("service_tier")? {
        None | Some("auto" | "default" | "priority") => Ok(Class::Interactive),
        Some("flex") => Ok(Class::Batch),
        Some(other) => Err(wrong("service_tier", other, "auto, default, priority or flex")),
    }
}

fn language(values: &Values) -> Result<Option<Language>, Error> {
    match values.one("language")? {
        None | Some("auto") => Ok(None),
        Some(name) => Language::parse(name)
            .map(Some)
            .ok_or_else(|| wrong("language", name, "an ISO 639-1 code such as en or de, an English name, or auto")),
    }
}

/// The prompt under either of its names, and whether both were sent: then the second has no effect.
fn prompt(values: &Values) -> Result<(Option<String>, bool), Error> {
    let (first, second) = (values.one("prompt")?, values.one("initial_prompt")?);
    Ok((first.or(second).map(str::to_owned), first.is_some() && second.is_some()))
}

fn temperature(values: &Values) -> Result<f32, Error> {
    let Some(text) = values.one("temperature")? else { return Ok(0.0) };
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| wrong("temperature", text, "a number from 0 to 1"))
}

/// True if the strategy says more than what is always done, which is to cut where nobody speaks.
fn chunking_is_tuned(values: &Values) -> Result<bool, Error> {
    const PARAM: &str = "chunking_strategy";
    const TAKES: &str = "auto, or an object with the type server_vad";
    let parts = values.all(PARAM).filter(|part| !part.text.trim().is_empty()).collect::<Vec<_>>();
    let mut tuned = false;
    let mut kind = None;
    for part in &parts {
        match (part.key.as_str(), part.text.trim()) {
            ("", "auto" | "null") => kind = kind.or(Some("server_vad".to_owned())),
            ("", text) => {
                let object: serde_json::Value = serde_json::from_str(text).map_err(|_| wrong(PARAM, text, TAKES))?;
                kind = object["type"].as_str().map(str::to_owned);
                tuned |= object.as_object().is_some_and(|object| object.len() > 1);
            }
            ("type", text) => kind = Some(text.to_owned()),
            _ => tuned = true,
        }
    }
    match kind.as_deref() {
        Some("server_vad" | "auto") => Ok(tuned),
        None if parts.is_empty() => Ok(false),
        other => Err(wrong(PARAM, other.unwrap_or("an object without a type"), TAKES)),
    }
}

fn wrong(param: &'static str, got: &str, takes: &str) -> Error {
    let got: String = got.chars().take(100).collect();
    Error::InvalidValue { param, why: format!("got '{got}', and it takes {takes}") }
}

/// The values of a field that has several; see [`Values::list`].
pub(super) fn list(form: &Form, field: &str) -> Vec<String> {
    Values(&form.values).list(field)
}

/// The text fields of a form, by name.
struct Values<'a>(&'a [Value]);

impl<'a> Values<'a> {
    fn all(&self, field: &str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |value| value.field == field)
    }

    /// The value of a field that has one. An empty one is none: browsers send every field of a form.
    fn one(&self, field: &'static str) -> Result<Option<&'a str>, Error> {
        let mut sent = self.all(field);
        let first = sent.next().map(|value| value.text.trim()).filter(|text| !text.is_empty());
        if sent.next().is_some() { Err(Error::DuplicateParameter(field)) } else { Ok(first) }
    }

    /// The values of a field that has several: one in each part, or separated by commas, or as a list in JSON.
    fn list(&self, field: &str) -> Vec<String> {
        let mut list: Vec<String> = Vec::new();
        for Value { text, .. } in self.all(field) {
            let items: Vec<String> =
                serde_json::from_str(text).unwrap_or_else(|_| text.split(',').map(str::to_owned).collect());
            list.extend(items);
        }
        list.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
    }

    fn flag(&self, field: &'static str) -> Result<bool, Error> {
        let Some(text) = self.one(field)? else { return Ok(false) };
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" | "null" => Ok(false),
            _ => Err(wrong(field, text, "true or false")),
        }
    }
}

#[cfg(test)]
mod tests;
