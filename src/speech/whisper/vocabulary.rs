//! The tokens of a model that are not text: where they stand, and how a prompt is made of them.

use whisper_rs::WhisperContext;

use super::check::ModelFile;
use crate::domain::Language;
use crate::transcript::Task;

/// Where special tokens stand in a model's vocabulary. All that is text comes before [`Vocabulary::end`], all times
/// from [`Vocabulary::first_timestamp`] on.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary {
    /// Ends a text.
    pub end: u32,
    /// Starts a transcript; after it, for a model of several languages, come a language and a task.
    pub start: u32,
    /// Marks what follows as a prompt.
    pub previous: u32,
    /// Its probability after [`Vocabulary::start`] is that of no speech at all.
    pub no_speech: u32,
    /// The timestamp 0.00; one more for each 20 ms.
    pub first_timestamp: u32,
    /// The text token of a blank.
    pub blank: u32,
    /// How many languages it has; 1 for an English-only model.
    pub languages: u32,
    /// Whether it writes timestamps. The first distilled models cannot.
    pub timestamps: bool,
    /// Says that there are none.
    pub without_timestamps: u32,
    /// The task of text in English.
    pub translate: u32,
    /// The task of text in the language spoken.
    pub transcribe: u32,
}

impl Vocabulary {
    /// Of a model that has been loaded from this file.
    pub fn new(context: &WhisperContext, file: &ModelFile) -> Self {
        let token = |id: i32| u32::try_from(id).unwrap_or(0);
        Self {
            end: token(context.token_eot()),
            start: token(context.token_sot()),
            previous: token(context.token_prev()),
            no_speech: token(context.token_nosp()),
            first_timestamp: token(context.token_beg()),
            blank: file.blank,
            // 51,766 text and special tokens, and one for each language.
            languages: if context.is_multilingual() { file.vocab - 51_766 } else { 1 },
            // whisper.cpp tells them by the same marks.
            timestamps: file.text_layers != 2 || file.vocab == 51_866,
            without_timestamps: token(context.token_not()),
            translate: token(context.token_translate()),
            transcribe: token(context.token_transcribe()),
        }
    }

    /// Whether it was trained on more than English.
    pub fn is_multilingual(&self) -> bool {
        self.languages > 1
    }

    /// The caller's prompt up to the token that starts the transcript.
    pub fn opening(&self, prompt: &[u32]) -> Vec<u32> {
        let mut tokens = Vec::with_capacity(prompt.len() + 2);
        if !prompt.is_empty() {
            tokens.push(self.previous);
            tokens.extend_from_slice(prompt);
        }
        tokens.push(self.start);
        tokens
    }

    /// What follows the start: language and task, if the model has several, and that there are no timestamps, if so.
    pub fn task(&self, language: Language, task: Task) -> Vec<u32> {
        let mut tokens = Vec::with_capacity(3);
        if self.is_multilingual() {
            tokens.push(self.language_tokens().start + u32::from(language.index()));
            tokens.push(if task == Task::Translate { self.translate } else { self.transcribe });
        }
        if !self.timestamps {
            tokens.push(self.without_timestamps);
        }
        tokens
    }

    /// The tokens of its languages, in Whisper's order.
    pub fn language_tokens(&self) -> std::ops::Range<u32> {
        self.start + 1..self.start + 1 + self.languages
    }

    #[cfg(test)]
    pub(super) const SMALL: Self = Self {
        end: 1000,
        start: 1001,
        previous: 1004,
        no_speech: 1005,
        first_timestamp: 1007,
        blank: 220,
        languages: 1,
        timestamps: true,
        without_timestamps: 1006,
        translate: 1002,
        transcribe: 1003,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_comes_before_the_start_and_the_task_after_it() {
        let english = Vocabulary::SMALL;
        assert_eq!(english.opening(&[]), [1001]);
        assert_eq!(english.opening(&[5, 6]), [1004, 5, 6, 1001]);
        assert!(english.task(Language::ENGLISH, Task::Transcribe).is_empty());
        let many = Vocabulary { languages: 3, translate: 1005, transcribe: 1006, ..english };
        let german = Language::from_index(2).expect("German");
        assert_eq!(many.task(german, Task::Transcribe), [1004, 1006]);
        assert_eq!(many.task(german, Task::Translate), [1004, 1005]);
        let distilled = Vocabulary { timestamps: false, ..english };
        assert_eq!(distilled.task(Language::ENGLISH, Task::Transcribe), [1006]);
    }
}
