//! A model of real dimensions and random weights, as a file that whisper.cpp reads.
//!
//! Speed needs real dimensions, not real weights: the encoder and the decoder are as dear as in a trained model. What they
//! compute is kept small, and the last MLP decides what is said (`chain`): a hidden unit for each token of the chain fires when
//! that token came last, and adds the embedding of the next one.

pub mod chain;
pub mod file;

use std::io;
use std::path::Path;

use file::{File, Kind};

/// The decoder's positions, and the encoder's: those of every Whisper model.
const TEXT_POSITIONS: usize = 448;
const AUDIO_POSITIONS: usize = 1500;

/// What a unit of the chain gets from its own token, before its threshold; what is above it comes out.
const SIGNAL: f32 = 20.0;
const THRESHOLD: f32 = 12.0;
/// Of the next token's embedding, beside that of the token itself.
const GAIN: f32 = 3.0;
/// Of the answer: certain, but no logit is beyond a 16-bit float.
const SHARPNESS: f32 = 0.5;
/// What a layer of random weights adds to what passes through it.
const MURMUR: f32 = 0.02;

/// Whisper's sizes.
#[derive(Debug, Clone, Copy)]
pub struct Dimensions {
    /// Of both the encoder and the decoder.
    pub width: usize,
    /// Of each attention.
    pub heads: usize,
    pub encoder_layers: usize,
    pub decoder_layers: usize,
}

/// The least that the chain fits into, to see that all of it works.
pub const LEAST: Dimensions = Dimensions { width: 64, heads: 1, encoder_layers: 1, decoder_layers: 1 };

/// Mel bands, from large-v3 on.
const BANDS: usize = 128;

/// Writes a model of these dimensions that says these tokens to `path`, the same each time; not under that name before it is
/// whole. No token may come twice, and there are at most four for each number of the width.
///
/// # Errors
/// When it cannot be written: large-v3-turbo has 1.6 GB.
pub fn write(path: &Path, dimensions: Dimensions, tokens: &[u32]) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let mut model = Writer { file: File::create(&partial)?, dimensions, links: chain::links(tokens) };
    model.header()?;
    model.encoder()?;
    model.decoder()?;
    model.file.finish()?;
    std::fs::rename(partial, path)
}

struct Writer {
    file: File,
    dimensions: Dimensions,
    links: Vec<(u32, u32)>,
}

impl Writer {
    fn header(&mut self) -> io::Result<()> {
        let Dimensions { width, heads, encoder_layers, decoder_layers } = self.dimensions;
        let audio = [AUDIO_POSITIONS, width, heads, encoder_layers];
        let text = [TEXT_POSITIONS, width, heads, decoder_layers];
        self.file.sizes(chain::VOCABULARY as usize, audio, text, BANDS)?;
        self.file.filters(BANDS)?;
        self.file.words(word)
    }

    fn encoder(&mut self) -> io::Result<()> {
        let width = self.dimensions.width;
        self.random("encoder.positional_embedding", Kind::F32, &[width, AUDIO_POSITIONS], 0.1)?;
        self.random("encoder.conv1.weight", Kind::F16, &[3, BANDS, width], per_input(3 * BANDS))?;
        self.random("encoder.conv1.bias", Kind::F32, &[1, width], 0.1)?;
        self.random("encoder.conv2.weight", Kind::F16, &[3, width, width], per_input(3 * width))?;
        self.random("encoder.conv2.bias", Kind::F32, &[1, width], 0.1)?;
        for layer in 0..self.dimensions.encoder_layers {
            let block = format!("encoder.blocks.{layer}");
            self.attention(&block, "attn")?;
            self.mlp(&block)?;
        }
        self.norm("encoder.ln_post", 1.0)
    }

    fn decoder(&mut self) -> io::Result<()> {
        let Dimensions { width, decoder_layers, .. } = self.dimensions;
        self.random("decoder.positional_embedding", Kind::F32, &[width, TEXT_POSITIONS], MURMUR)?;
        let shape = [width, chain::VOCABULARY as usize];
        self.file
            .tensor("decoder.token_embedding.weight", Kind::F16, &shape, |token, column, _| embedding(token, column))?;
        for layer in 0..decoder_layers {
            let block = format!("decoder.blocks.{layer}");
            self.attention(&block, "attn")?;
            self.attention(&block, "cross_attn")?;
            if layer + 1 < decoder_layers { self.mlp(&block)? } else { self.mlp_of_the_chain(&block)? }
        }
        self.norm("decoder.ln", SHARPNESS)
    }

    fn attention(&mut self, block: &str, name: &str) -> io::Result<()> {
        let width = self.dimensions.width;
        self.norm(&format!("{block}.{name}_ln"), 1.0)?;
        for (part, size) in [("query", 1.0), ("key", 1.0), ("value", 1.0), ("out", MURMUR)] {
            let part_name = format!("{block}.{name}.{part}");
            self.random(&format!("{part_name}.weight"), Kind::F16, &[width, width], size * per_input(width))?;
            if part != "key" {
                self.random(&format!("{part_name}.bias"), Kind::F32, &[width], 0.01)?;
            }
        }
        Ok(())
    }

    fn mlp(&mut self, block: &str) -> io::Result<()> {
        let width = self.dimensions.width;
        self.norm(&format!("{block}.mlp_ln"), 1.0)?;
        self.random(&format!("{block}.mlp.0.weight"), Kind::F16, &[width, 4 * width], per_input(width))?;
        self.random(&format!("{block}.mlp.0.bias"), Kind::F32, &[4 * width], 0.01)?;
        self.random(&format!("{block}.mlp.2.weight"), Kind::F16, &[4 * width, width], MURMUR * per_input(width))?;
        self.random(&format!("{block}.mlp.2.bias"), Kind::F32, &[width], 0.01)
    }

    /// The first of its units are those of the chain.
    fn mlp_of_the_chain(&mut self, block: &str) -> io::Result<()> {
        let width = self.dimensions.width;
        let (into, out) = (per_input(width), MURMUR * per_input(width));
        let (sees, says) = (SIGNAL * per_input(width).powi(2), GAIN / (SIGNAL - THRESHOLD));
        let Self { file, links, .. } = self;
        file.tensor(&format!("{block}.mlp_ln.weight"), Kind::F32, &[width], |_, _, _| 1.0)?;
        file.tensor(&format!("{block}.mlp_ln.bias"), Kind::F32, &[width], |_, _, _| 0.0)?;
        file.tensor(&format!("{block}.mlp.0.weight"), Kind::F16, &[width, 4 * width], |unit, column, random| {
            links.get(unit).map_or_else(|| random.next() * into, |&(from, _)| embedding(from as usize, column) * sees)
        })?;
        file.tensor(&format!("{block}.mlp.0.bias"), Kind::F32, &[4 * width], |_, unit, random| {
            links.get(unit).map_or_else(|| random.next() * 0.01, |_| -THRESHOLD)
        })?;
        file.tensor(&format!("{block}.mlp.2.weight"), Kind::F16, &[4 * width, width], |column, unit, random| {
            links.get(unit).map_or_else(|| random.next() * out, |&(_, to)| embedding(to as usize, column) * says)
        })?;
        self.random(&format!("{block}.mlp.2.bias"), Kind::F32, &[width], 0.01)
    }

    fn norm(&mut self, name: &str, weight: f32) -> io::Result<()> {
        let width = self.dimensions.width;
        self.file.tensor(&format!("{name}.weight"), Kind::F32, &[width], |_, _, _| weight)?;
        self.file.tensor(&format!("{name}.bias"), Kind::F32, &[width], |_, _, _| 0.0)
    }

    /// Numbers whose mean square is `size`².
    fn random(&mut self, name: &str, kind: Kind, shape: &[usize], size: f32) -> io::Result<()> {
        self.file.tensor(name, kind, shape, |_, _, random| random.next() * size)
    }
}

/// The size of weights that makes a sum over so many inputs as large as one of them.
#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn per_input(inputs: usize) -> f32 {
    1.0 / (inputs as f32).sqrt()
}

/// A place in the embedding of a token, 1 or -1: a hash (the finaliser of `MurmurHash3`), so that no two are alike.
pub fn embedding(token: usize, column: usize) -> f32 {
    let mut hash = u32::try_from(token << 11 | column).unwrap_or(0);
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    if (hash ^ hash >> 16) & 1 == 0 { 1.0 } else { -1.0 }
}

/// A blank and four letters: the token's number, scattered, to the base of 26. Words look as little like each other as real
/// ones do.
fn word(token: u32) -> String {
    let scattered = token * 7919 % 26_u32.pow(4);
    let letters = (0..4).map(|place| char::from(b'a' + (scattered / 26_u32.pow(place) % 26).to_le_bytes()[0]));
    [' '].into_iter().chain(letters).collect()
}
