//! Which part of a track a film plays, and when (ISO/IEC 14496-12, 8.6.6).
//!
//! A clip that was cut out without encoding it anew begins with the packets before the cut, which its edit list hides; a
//! track that starts after the picture does has an empty edit before it. The reader knows nothing of edits.

use std::{io, ops::Range};

use super::boxes::Walk;

/// Edits looked at; real files have one or two.
const MAX_EDITS: usize = 1000;

/// A track that is longer than its edit by less than this many seconds is so by rounding, or by the padding of its last
/// packet.
const SHORTEST_REST: f64 = 0.5;

/// Nothing waits, or is hidden, for more seconds than those of a week.
const LONGEST: f64 = 604_800.0;

/// The part of a track that is played.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Edit {
    /// Seconds of the film before it.
    pub lead: f64,
    /// Seconds of the track before it; where there are none, the usual delay of an encoder still is.
    pub hidden: f64,
    /// Its own length in seconds, where that is told.
    pub length: Option<f64>,
}

/// One entry of the list.
struct Entry {
    /// In units of the movie's clock.
    duration: u64,
    /// In units of the media's clock; -1 if nothing is played.
    media_time: i64,
    is_at_usual_pace: bool,
}

impl Edit {
    /// The first edit of a track with these headers; `None` if it has no list that makes sense.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(walk: &mut Walk, track: Range<u64>, movie_clock: u32) -> io::Result<Option<Self>> {
        let Some(list) = walk.descend(track.clone(), &[*b"edts", *b"elst"])? else { return Ok(None) };
        let Some(header) = walk.descend(track, &[*b"mdia", *b"mdhd"])? else { return Ok(None) };
        let media_clock = walk.number_behind_times(header)?.unwrap_or(0);
        let entries = entries(walk, list)?;
        let is_sane = |edit: &Self| edit.lead.max(edit.hidden) <= LONGEST && !edit.hidden.is_nan();
        Ok(Self::of(&entries, movie_clock, media_clock).filter(is_sane))
    }

    fn of(entries: &[Entry], movie_clock: u32, media_clock: u32) -> Option<Self> {
        let played = entries.iter().position(|entry| entry.media_time != -1)?;
        let (empty, rest) = entries.split_at(played);
        let (first, others) = rest.split_first()?;
        let is_alone = others.iter().all(|entry| entry.media_time == -1);
        let length = (is_alone && first.duration > 0).then(|| seconds(first.duration, movie_clock));
        let hidden = seconds(u64::try_from(first.media_time).ok()?, media_clock);
        let lead = empty.iter().map(|entry| seconds(entry.duration, movie_clock)).sum();
        first.is_at_usual_pace.then_some(Self { lead, hidden, length })
    }

    /// The same for a track of so many seconds, if that is known: an edit of what is not there is none, and the end of one
    /// that ends where the track does is not worth cutting.
    pub fn within(self, track: Option<f64>) -> Option<Self> {
        let Some(track) = track else { return Some(Self { length: None, ..self }) };
        let length = self.length.filter(|length| self.hidden + length + SHORTEST_REST < track);
        (self.hidden < track).then_some(Self { length, ..self })
    }

    /// The second of the track at which it ends.
    pub fn end(&self) -> Option<f64> {
        self.length.map(|length| self.hidden + length)
    }
}

/// The entries of a list: version and flags, how many there are, and each in 12 bytes, or in version 1 in 20.
fn entries(walk: &Walk, list: Range<u64>) -> io::Result<Vec<Entry>> {
    let is_long = walk.peek(list.start, 1)? == [1];
    let size = if is_long { 20 } else { 12 };
    let count = walk.word(list.start + 4)?.and_then(|count| usize::try_from(count).ok()).unwrap_or(0).min(MAX_EDITS);
    let bytes = walk.peek(list.start + 8, count * size)?;
    Ok(bytes.chunks_exact(size).filter_map(|entry| Entry::read(entry, is_long)).collect())
}

impl Entry {
    fn read(bytes: &[u8], is_long: bool) -> Option<Self> {
        let (times, pace) = bytes.split_last_chunk::<4>()?;
        let (duration, media_time) = times.split_at(times.len() / 2);
        let (duration, media_time) = if is_long {
            (u64::from_be_bytes(duration.try_into().ok()?), i64::from_be_bytes(media_time.try_into().ok()?))
        } else {
            (
                u32::from_be_bytes(duration.try_into().ok()?).into(),
                i32::from_be_bytes(media_time.try_into().ok()?).into(),
            )
        };
        Some(Self { duration, media_time, is_at_usual_pace: *pace == [0, 1, 0, 0] })
    }
}

/// So many units of a clock.
#[expect(clippy::cast_precision_loss, reason = "exact for 285 years of microseconds")]
fn seconds(units: u64, clock: u32) -> f64 {
    units as f64 / f64::from(clock)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::audio::{
        AudioError, AudioSource, Settings,
        film::{MOVIE, RATE, boxed, edit_list, extends, file, fragment, movie, tables, track},
        open,
    };
    use crate::domain::Millis;

    /// Samples at 16 kHz, and how many of them are silence at the start.
    fn decoded(film: Vec<u8>) -> (usize, usize) {
        let mut pcm = open(AudioSource::from_bytes(Bytes::from(film)), &Settings::default()).unwrap();
        let mut samples = Vec::new();
        while let Some(block) = pcm.next_block().unwrap() {
            assert!(block.len() <= 16_000);
            samples.extend(block);
        }
        assert_eq!(pcm.damage(), None);
        (samples.len(), samples.iter().take_while(|sample| sample.abs() < 0.01).count())
    }

    /// Three seconds, of which the first is silence.
    fn sound() -> Vec<u8> {
        (0..3 * RATE).flat_map(|at| (if at < RATE { 0_i16 } else { 20_000 }).to_le_bytes()).collect()
    }

    fn film(edits: &[u8]) -> Vec<u8> {
        file(&sound(), |position| {
            let tables = tables(30, RATE / 10 * 2, RATE / 10, position);
            movie(&[track(1, *b"soun", *b"sowt", edits, &tables)], &[])
        })
    }

    /// The silence may end some samples early or late: the resampler rings.
    #[track_caller]
    fn assert_film(edits: &[(u32, i32)], samples: usize, silence: usize) {
        let (found, silent) = decoded(film(&edit_list(edits)));
        assert_eq!(found, samples);
        assert!(silent.abs_diff(silence) <= 40, "{silent} samples of silence, not {silence}");
    }

    #[test]
    fn a_film_without_edits_that_matter_is_played_whole() {
        assert_eq!(decoded(film(&[])).0, 48_000);
        assert_film(&[], 48_000, 16_000);
        assert_film(&[(3 * MOVIE, 0)], 48_000, 16_000);
        assert_film(&[(0, 0)], 48_000, 16_000);
        assert_film(&[(3 * MOVIE - 1, 0)], 48_000, 16_000);
        assert_film(&[(MOVIE, -1)], 48_000, 16_000);
        assert_film(&[(MOVIE, -2)], 48_000, 16_000);
        assert_film(&[(MOVIE, 3 * 8000)], 48_000, 16_000);
        assert_film(&[(u32::MAX, -1), (3 * MOVIE, 0)], 48_000, 16_000);
    }

    #[test]
    fn what_is_hidden_at_the_start_is_not_heard() {
        assert_film(&[(MOVIE * 5 / 2, 4000)], 40_000, 8000);
        assert_film(&[(0, 4001)], 39_998, 7998);
        assert_film(&[(MOVIE, 12_000), (MOVIE / 2, 0)], 24_000, 0);
    }

    #[test]
    fn an_edit_that_ends_clearly_before_the_track_ends_the_recording() {
        assert_film(&[(MOVIE * 2, 0)], 32_000, 16_000);
        assert_film(&[(MOVIE * 5 / 4, 4000)], 20_000, 8000);
        assert_film(&[(MOVIE * 5 / 4, 4000), (MOVIE, -1)], 20_000, 8000);
    }

    #[test]
    fn a_track_that_starts_late_begins_with_silence() {
        assert_film(&[(MOVIE / 4, -1), (3 * MOVIE, 0)], 52_000, 20_000);
        assert_film(&[(MOVIE * 5 / 2, -1), (MOVIE * 2, 8000)], 72_000, 40_000);
        let late = AudioSource::from_bytes(Bytes::from(film(&edit_list(&[(90 * MOVIE, -1), (3 * MOVIE, 0)]))));
        let settings = Settings { max_audio: Millis(92_000), ..Settings::default() };
        let mut pcm = open(late.clone(), &settings).unwrap();
        assert_eq!(pcm.declared_duration(), Some(Millis(93_000)));
        let error = (0..200).find_map(|_| pcm.next_block().err()).expect("a second too long");
        assert!(matches!(error, AudioError::TooLong { .. }), "{error}");
        assert!(pcm.next_block().unwrap().is_none());
        let mut whole = open(late, &Settings::default()).unwrap();
        while whole.next_block().unwrap().is_some() {}
        assert_eq!(whole.produced().0, 93 * 16_000);
    }

    #[test]
    fn long_numbers_are_read_and_other_paces_are_not() {
        let long = |pace: u8| {
            let entry = [&2000_u64.to_be_bytes()[..], &8000_i64.to_be_bytes(), &[0, pace, 0, 0]].concat();
            film(&boxed(*b"edts", &boxed(*b"elst", &[&[1, 0, 0, 0, 0, 0, 0, 1][..], &entry].concat())))
        };
        assert_eq!(decoded(long(1)).0, 32_000);
        assert_eq!(decoded(long(2)).0, 48_000);
    }

    #[test]
    fn fragments_are_edited_at_the_start_alone() {
        let film = |edits: &[(u32, i32)]| {
            let sound_track = track(1, *b"soun", *b"sowt", &edit_list(edits), &tables(0, 0, 0, 0));
            let index = file(&[], |_| movie(std::slice::from_ref(&sound_track), &extends(1)));
            [index, fragment(RATE / 10, &sound())].concat()
        };
        assert_eq!(decoded(film(&[])).0, 48_000);
        assert_eq!(decoded(film(&[(0, 8000)])).0, 32_000);
        assert_eq!(decoded(film(&[(MOVIE, 4000)])).0, 40_000);
        assert_eq!(decoded(film(&[(MOVIE / 2, -1), (0, 0)])), (56_000, decoded(film(&[])).1 + 8000));
    }

    #[test]
    fn what_encoders_write_of_their_delay_is_dropped_once() {
        for (name, delay) in [("aac-index-last.m4a", 1024), ("mp3.mp4", 1105), ("opus.mp4", 104)] {
            let mut bytes = std::fs::read(format!("samples/{name}")).unwrap();
            let list = bytes.windows(4).position(|window| window == b"elst").unwrap();
            assert_eq!(bytes[list + 16..list + 20], u32::to_be_bytes(delay), "{name}");
            let edited = decoded(bytes.clone()).0;
            bytes[list..list + 4].copy_from_slice(b"free");
            assert_eq!(decoded(bytes).0, edited, "{name}");
        }
    }

    #[test]
    fn a_clip_of_aac_loses_exactly_what_is_hidden() {
        let mut bytes = std::fs::read("samples/aac-index-last.m4a").unwrap();
        let whole = decoded(bytes.clone()).0;
        let list = bytes.windows(4).position(|window| window == b"elst").unwrap();
        bytes[list + 16..list + 20].copy_from_slice(&(1024 + 44_100_u32).to_be_bytes());
        assert_eq!(decoded(bytes).0, whole - 16_000);
    }
}
