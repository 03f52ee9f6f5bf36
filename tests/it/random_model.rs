//! A multilingual Whisper model that is stuck on one word, or hears only silence, as a file of otherwise random weights:
//! whisper.cpp treats it like any other, while the bundled model knows English only.

use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use minuted::speech::Device;
use minuted::speech::whisper::{Model, ModelSource, Padding};

use crate::gpu_bench::model::embedding;
use crate::gpu_bench::model::file::{File, Kind};

const STATE: usize = 64;
const LAYERS: usize = 1;
const AUDIO_POSITIONS: usize = 1500;
const TEXT_POSITIONS: usize = 448;
/// The word that it says over and over.
const STUCK: Lean = (1000, 10.0);
/// The token of no speech: so that this is likelier than all else, and its words are guesses.
const NO_SPEECH: Lean = (50_362, 3.0);
/// Of a random weight, and of each number of an embedding.
const SIZE: f32 = 0.1;

/// A token, and how much every state of the decoder leans towards its embedding.
type Lean = (usize, f32);

/// What differs between Whisper's generations.
#[derive(Clone, Copy)]
struct Generation {
    mels: usize,
    vocab: usize,
}

/// 80 mel bands and 99 languages.
const LARGE_V2: Generation = Generation { mels: 80, vocab: 51_865 };
/// 128 mel bands, and Cantonese.
const LARGE_V3: Generation = Generation { mels: 128, vocab: 51_866 };

/// A model like large-v2 and all before it, loaded once.
pub fn load() -> Arc<Model> {
    static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| make(LARGE_V2, STUCK));
    Arc::clone(&MODEL)
}

/// A model like large-v3 and all after it, loaded once.
pub fn load_v3() -> Arc<Model> {
    static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| make(LARGE_V3, STUCK));
    Arc::clone(&MODEL)
}

/// A model that takes all that it hears for silence.
pub fn load_deaf() -> Arc<Model> {
    make(LARGE_V2, NO_SPEECH)
}

fn make(generation: Generation, lean: Lean) -> Arc<Model> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("random.bin");
    write(&path, generation, lean).expect("a model file");
    Model::load(&ModelSource::File(path), Device::Cpu, Padding::Whole).expect("the random model")
}

/// Writes the model to `path`: 7 MB, the same each time.
fn write(path: &Path, Generation { mels, vocab }: Generation, lean: Lean) -> io::Result<()> {
    let mut model = Writer(File::create(path)?);
    let [audio, text] = [AUDIO_POSITIONS, TEXT_POSITIONS].map(|positions| [positions, STATE, 1, LAYERS]);
    model.0.sizes(vocab, audio, text, mels)?;
    model.0.filters(mels)?;
    model.0.words(|token| format!(" w{token}"))?;
    model.encoder(mels)?;
    model.decoder(vocab, lean)?;
    model.0.finish()
}

struct Writer(File);

impl Writer {
    fn encoder(&mut self, mels: usize) -> io::Result<()> {
        self.random("encoder.positional_embedding", Kind::F32, &[STATE, AUDIO_POSITIONS])?;
        self.random("encoder.conv1.weight", Kind::F16, &[3, mels, STATE])?;
        self.random("encoder.conv1.bias", Kind::F32, &[1, STATE])?;
        self.random("encoder.conv2.weight", Kind::F16, &[3, STATE, STATE])?;
        self.random("encoder.conv2.bias", Kind::F32, &[1, STATE])?;
        self.affine("encoder.ln_post", &[STATE], true)?;
        (0..LAYERS).try_for_each(|layer| self.block(&format!("encoder.blocks.{layer}"), &["attn"]))
    }

    fn decoder(&mut self, vocab: usize, (token, weight): Lean) -> io::Result<()> {
        self.random("decoder.positional_embedding", Kind::F32, &[STATE, TEXT_POSITIONS])?;
        let words = |token, column, _: &mut _| SIZE * embedding(token, column);
        self.0.tensor("decoder.token_embedding.weight", Kind::F16, &[STATE, vocab], words)?;
        self.random("decoder.ln.weight", Kind::F32, &[STATE])?;
        let lean = |_, column, _: &mut _| weight * embedding(token, column);
        self.0.tensor("decoder.ln.bias", Kind::F32, &[STATE], lean)?;
        (0..LAYERS).try_for_each(|layer| self.block(&format!("decoder.blocks.{layer}"), &["attn", "cross_attn"]))
    }

    fn block(&mut self, name: &str, attentions: &[&str]) -> io::Result<()> {
        self.affine(&format!("{name}.mlp_ln"), &[STATE], true)?;
        self.affine(&format!("{name}.mlp.0"), &[STATE, 4 * STATE], true)?;
        self.affine(&format!("{name}.mlp.2"), &[4 * STATE, STATE], true)?;
        for attention in attentions {
            self.affine(&format!("{name}.{attention}_ln"), &[STATE], true)?;
            for (part, bias) in [("query", true), ("key", false), ("value", true), ("out", true)] {
                self.affine(&format!("{name}.{attention}.{part}"), &[STATE, STATE], bias)?;
            }
        }
        Ok(())
    }

    /// A weight, a matrix or a norm's vector, and its bias.
    fn affine(&mut self, name: &str, shape: &[usize], bias: bool) -> io::Result<()> {
        let kind = if shape.len() == 1 { Kind::F32 } else { Kind::F16 };
        self.random(&format!("{name}.weight"), kind, shape)?;
        if bias { self.random(&format!("{name}.bias"), Kind::F32, &shape[shape.len() - 1..]) } else { Ok(()) }
    }

    fn random(&mut self, name: &str, kind: Kind, shape: &[usize]) -> io::Result<()> {
        self.0.tensor(name, kind, shape, |_, _, random| random.next() * SIZE)
    }
}
