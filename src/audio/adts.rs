//! Bare AAC that goes on at another rate, or with other channels: files joined by `cat`, broadcasts with advertisements.
//!
//! Each frame says both in its header, of which the reader looks at the first frame's alone, and gives none of them away:
//! so they are found again in the file, frame by frame.

use std::io;

use symphonia::core::{audio::Channels, codecs::audio::AudioCodecParameters, units::TimeBase};

use super::{demux::Track, frame_sync, source::Reader};

/// The length of a header, with the checksum that may be in it.
const HEADER: usize = 9;

/// A frame's length has 13 bits.
const LONGEST_FRAME: usize = 1 << 13;

/// Samples a second, by their index (ISO/IEC 14496-3, table 1.18).
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    rate: u32,
    /// Which channels: as many as this, but for 0 (somebody else says) and 7 (eight).
    channels: u8,
}

impl Form {
    fn of(head: &[u8]) -> Option<Self> {
        frame_sync::adts(head)?;
        Some(Self { rate: *RATES.get(usize::from(head[2] >> 2 & 15))?, channels: head[2] << 2 & 4 | head[3] >> 6 })
    }
}

/// Follows the reader from header to header.
pub(super) struct Headers {
    bytes: Reader,
    /// Behind the frame that was found last.
    position: u64,
    form: Option<Form>,
}

impl Headers {
    /// Of a stream, from its start.
    pub fn new(bytes: Reader) -> Self {
        Self { bytes, position: 0, form: None }
    }

    /// True if the frame with this body, the next one that the reader gives, has another rate or other channels than the
    /// one before it, and so has the next: in damaged bytes any header may be found once.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn change(&mut self, body: &[u8]) -> io::Result<bool> {
        let Some(form) = self.find(body)? else { return Ok(false) };
        let is_other = self.form.is_some_and(|before| before != form);
        let is_true = !is_other || Form::of(&self.bytes.peek(self.position, HEADER)?) == Some(form);
        if is_true {
            self.form = Some(form);
        }
        Ok(is_other && is_true)
    }

    /// Makes of the first frame's track that of the last one.
    pub fn describe(&self, track: &mut Track) {
        let Some(Form { rate, channels }) = self.form else { return };
        let channels = match channels {
            0 => None,
            7 => Some(Channels::Discrete(8)),
            count => Some(Channels::Discrete(count.into())),
        };
        track.time_base = TimeBase::try_from_recip(rate);
        track.params = AudioCodecParameters { sample_rate: Some(rate), channels, ..track.params.clone() };
    }

    /// It stands behind the last one, or after what the reader has skipped.
    fn find(&mut self, body: &[u8]) -> io::Result<Option<Form>> {
        let next = self.bytes.peek(self.position, HEADER + body.len())?;
        if let Some((form, length)) = header(&next, body) {
            self.position += length;
            return Ok(Some(form));
        }
        loop {
            let window = self.bytes.peek(self.position, 2 * LONGEST_FRAME)?;
            let found = (0..window.len()).find_map(|at| Some((at, header(&window[at..], body)?)));
            if let Some((at, (form, length))) = found {
                self.position += at as u64 + length;
                return Ok(Some(form));
            }
            if window.len() < 2 * LONGEST_FRAME {
                return Ok(None);
            }
            self.position += LONGEST_FRAME as u64;
        }
    }
}

/// What the header says with which `bytes` begin, and the length of its frame, if that has this body.
fn header(bytes: &[u8], body: &[u8]) -> Option<(Form, u64)> {
    let length = frame_sync::adts(bytes)?.length();
    let frame = bytes.get(..length)?;
    let head = if frame[1] & 1 == 0 { HEADER } else { HEADER - 2 };
    let form = Form::of(frame)?;
    (frame.get(head..)? == body).then_some((form, length as u64))
}
