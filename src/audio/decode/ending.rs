//! What a reader's last word means: the end of the recording, or of what can be read of it.

use std::io;

use symphonia::core::errors::Error as SymphoniaError;

use super::Decoder;
use crate::audio::{AudioError, allowance::is_exhausted, container::Container, damage::End};
use crate::domain::{Millis, SampleRate};

/// Samples of a frame of AAC.
const AAC_FRAME: f64 = 1024.0;

/// Pictures of a film that is cut off may go on for so much longer than its sound with nothing wrong.
const LONGEST_SILENT_END: Millis = Millis(10_000);

impl Decoder {
    /// The reader says that this was all. Was it?
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn finish(&mut self) -> io::Result<Option<SampleRate>> {
        Ok(match (self.track.duration, self.track.tolerance) {
            _ if self.track.is_cut_off => self.end(End::CutOff),
            _ if self.reader.goes_on()? => self.end(End::CodecChanged),
            (Some(declared), Some(tolerance)) if declared - self.position() > tolerance => self.end(End::Short),
            _ => None,
        })
    }

    /// The bytes end within a cluster. A recorder that writes into a pipe never says where the last one ends, nor how long
    /// all of it is; where that is told, it may be the length of the pictures.
    pub(super) fn run_out(&mut self) -> Option<SampleRate> {
        let tolerance = self.track.tolerance.unwrap_or(LONGEST_SILENT_END);
        match self.track.duration {
            Some(declared) if declared - self.position() > tolerance => self.end(End::CutOff),
            _ => None,
        }
    }

    pub(super) fn give_up(&mut self, error: SymphoniaError) -> Result<Option<SampleRate>, AudioError> {
        let end = match error {
            SymphoniaError::IoError(error) if error.raw_os_error().is_some() => return Err(AudioError::Io(error)),
            SymphoniaError::IoError(error)
                if error.kind() == io::ErrorKind::UnexpectedEof && self.container == Container::Matroska =>
            {
                return Ok(self.run_out());
            }
            SymphoniaError::IoError(error) if !is_exhausted(&error) => End::CutOff,
            SymphoniaError::ResetRequired => End::CodecChanged,
            _ => End::Unreadable,
        };
        Ok(self.end(end))
    }

    /// Nothing more is read, for this reason.
    pub(super) fn end(&mut self, end: End) -> Option<SampleRate> {
        let at = self.position();
        self.flaws.ended(at, end);
        None
    }

    /// The reader of bare AAC stands behind a frame header that makes no sense, and finds the next by itself: silence comes
    /// in place of one frame. Other readers are lost.
    pub(super) fn skips_frame(&mut self) -> bool {
        if self.container != Container::Adts {
            return false;
        }
        self.flaws.corrupt_packet(self.position());
        self.timeline.owe(AAC_FRAME / f64::from(self.rate.0), self.rate);
        true
    }
}
