//! Where a track begins: what its encoder put before it, how late it is, and what comes after another in its place.

use symphonia::core::{codecs::audio::well_known::CODEC_ID_OPUS, packet::Packet};

use super::Decoder;
use crate::audio::{
    codec,
    container::Container,
    opus,
    timeline::{self, millis},
};

impl Decoder {
    pub(super) fn start_track(&mut self) {
        self.timeline.start_track();
        if let Some(Ok(rate)) = self.track.params.sample_rate.map(codec::check_rate) {
            self.rate = rate;
        }
        self.padding = self.track.padding.into();
        self.delay = match self.track.params.codec {
            CODEC_ID_OPUS => opus::delay(self.container, &self.track.params),
            // What a demuxer marks, the decoder trims.
            _ if self.track.delay > 0 => 0,
            codec => codec::usual_delay(codec),
        };
        self.hidden = self.track.edit.map(|edit| edit.hidden).filter(|&hidden| hidden > 0.0);
    }

    /// A chained Ogg file or bare AAC begins anew, perhaps with another rate; false if what follows cannot be decoded.
    pub(super) fn change_track(&mut self) -> bool {
        let next = self.reader.audio_track().and_then(|track| Self::codec(&track).map(|codec| (track, codec)));
        match next {
            Ok((track, codec)) => {
                (self.track, self.codec) = (track, codec);
                self.start_track();
                true
            }
            Err(_) => false,
        }
    }

    /// Matroska has no edits: a recording begins with the first packet of any track, and sound that comes later is late. Its
    /// length counts from 0.
    pub(super) fn find_lead(&mut self, packet: &Packet) {
        if self.container != Container::Matroska || self.timeline.has_begun() {
            return;
        }
        let Some(start) = self.track.start(packet) else { return };
        let origin = *self.origin.get_or_insert(start);
        if packet.track_id == self.track.id {
            self.lead = timeline::lead(start - origin);
            self.timeline.start_behind(self.lead);
            self.track.duration = self.track.duration.map(|duration| duration - millis(origin));
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::audio::{AudioSource, Settings, open};
    use crate::domain::Millis;

    fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
        [id, &(1 << 56 | body.len() as u64).to_be_bytes(), body].concat()
    }

    /// A recording of so many milliseconds by its own word, with a cluster at each of these times: a picture in it, or a
    /// second of PCM.
    fn recording(length: f64, clusters: &[(u16, bool)]) -> AudioSource {
        let scale = element(b"\x2a\xd7\xb1", &1_000_000_u32.to_be_bytes());
        let writers = [element(b"\x4d\x80", b"by"), element(b"\x57\x41", b"hand")].concat();
        let info = [scale, element(b"\x44\x89", &length.to_be_bytes()), writers].concat();
        let track = |number: u8, kind: u8, codec: &[u8], form: &[u8]| {
            let head =
                [element(b"\xd7", &[number]), element(b"\x73\xc5", &[number]), element(b"\x83", &[kind])].concat();
            element(b"\xae", &[&head, &element(b"\x86", codec), form].concat())
        };
        let picture = element(b"\xe0", &[element(b"\xb0", &[64]), element(b"\xba", &[48])].concat());
        let sound = [element(b"\xb5", &8000_f64.to_be_bytes()), element(b"\x9f", &[1]), element(b"\x62\x64", &[16])];
        let tracks =
            [track(1, 2, b"A_PCM/INT/LIT", &element(b"\xe1", &sound.concat())), track(2, 1, b"V_VP8", &picture)];
        let count = if clusters.iter().any(|&(_, is_picture)| is_picture) { 2 } else { 1 };
        let clusters = clusters.iter().flat_map(|&(time, is_picture)| {
            let block = if is_picture {
                b"\x82\0\0\x80picture".to_vec()
            } else {
                [&b"\x81\0\0\x80"[..], &[1; 16_000]].concat()
            };
            element(b"\x1f\x43\xb6\x75", &[element(b"\xe7", &time.to_be_bytes()), element(b"\xa3", &block)].concat())
        });
        let segment = [
            element(b"\x15\x49\xa9\x66", &info),
            element(b"\x16\x54\xae\x6b", &tracks[..count].concat()),
            clusters.collect(),
        ];
        let head = element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"matroska"));
        AudioSource::from_bytes(Bytes::from([head, element(b"\x18\x53\x80\x67", &segment.concat())].concat()))
    }

    /// Samples at 16 kHz, how many of them are silence at the start, and the damage.
    fn decoded(source: AudioSource) -> (usize, usize, Option<String>) {
        let mut pcm = open(source, &Settings::default()).unwrap();
        let mut samples = Vec::new();
        while let Some(block) = pcm.next_block().unwrap() {
            samples.extend(block);
        }
        let silent = samples.iter().take_while(|sample| **sample == 0.0).count();
        (samples.len(), silent, pcm.damage().map(|damage| damage.what.clone()))
    }

    #[test]
    fn sound_that_starts_late_in_matroska_begins_with_silence() {
        let (samples, silent, damage) = decoded(recording(3500.0, &[(0, true), (1500, false), (2500, false)]));
        assert_eq!((samples, damage), (56_000, None));
        assert!(silent.abs_diff(24_000) < 100, "{silent}");
        assert_eq!(decoded(recording(2020.0, &[(0, true), (20, false), (1020, false)])).0, 32_000, "rounding");
    }

    #[test]
    fn sound_after_a_long_pause_in_matroska_keeps_its_time() {
        let clusters = [(0, false), (62_000, false), (63_000, false), (64_000, false)];
        let (samples, _, damage) = decoded(recording(65_000.0, &clusters));
        assert_eq!((samples, damage.as_deref()), (65 * 16_000, Some("61 s of audio in the middle is missing")));
        assert_eq!(decoded(recording(4000.0, &clusters)).0, 4 * 16_000, "beyond the end");
    }

    #[test]
    fn a_recording_in_matroska_may_start_at_any_time() {
        let sound = [(30_000, false), (31_000, false)];
        assert_eq!(
            open(recording(32_000.0, &sound), &Settings::default()).unwrap().declared_duration(),
            Some(Millis(2000))
        );
        let (samples, silent, damage) = decoded(recording(32_000.0, &sound));
        assert!(silent < 100, "{silent}");
        assert_eq!((samples, damage), (32_000, None));
        let cut_off = decoded(recording(40_000.0, &sound)).2;
        assert_eq!(cut_off.as_deref(), Some("the file ends before the length that it declares"));
        let (samples, silent, _) = decoded(recording(33_000.0, &[(29_000, true), sound[0], sound[1]]));
        assert!(samples == 48_000 && silent.abs_diff(16_000) < 100, "{samples} samples, {silent} of silence");
    }
}
