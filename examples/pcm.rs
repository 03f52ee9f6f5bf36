//! A recording as raw samples on standard output: `pcm RECORDING > samples.f32`, as `ffmpeg -i RECORDING -ar 16000 -ac 1 -f
//! f32le -` gives them. The front end alone, for `make bench` to compare.

use std::error::Error;
use std::fs::File;
use std::io::{Write, stdout};

use minuted::audio::{AudioSource, Settings, open};
use minuted::domain::Millis;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("which recording?")?;
    let settings = Settings { max_audio: Millis(24 * 3_600_000), ..Settings::default() };
    let mut pcm = open(AudioSource::from_file(File::open(path)?)?, &settings)?;
    let mut out = stdout().lock();
    let mut bytes = Vec::new();
    while let Some(block) = pcm.next_block()? {
        bytes.resize(block.len() * 4, 0);
        for (bytes, sample) in bytes.as_chunks_mut().0.iter_mut().zip(&block) {
            *bytes = sample.to_le_bytes();
        }
        out.write_all(&bytes)?;
    }
    Ok(())
}
