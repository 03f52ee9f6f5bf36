//! MP4 films: what the index says of their tracks, beside what its reader takes from it.
//!
//! The reader counts through the times of a track from its first packet for each that follows, and reads every picture;
//! in a film of hours it does nothing else. So it shall not see tracks that are no sound: their boxes get the name of
//! free space.

use std::{io, ops::Range};

use super::{
    AudioError,
    boxes::Walk,
    container::Container,
    demux::{Demuxer, Track},
    edits::Edit,
    fragments,
    quicktime::SampleEntry,
    source::{Patch, Reader},
};

/// The name of a box that readers pass over.
const FREE: [u8; 4] = *b"free";

/// Opens a film.
///
/// # Errors
/// Any [`AudioError`] about the file as a whole.
pub(super) fn open(bytes: &Reader) -> Result<(Demuxer, Track), AudioError> {
    let (movie, entry) = (Movie::read(bytes)?, SampleEntry::find(bytes)?);
    let mut patches = movie.patches().to_vec();
    patches.extend(entry.iter().flat_map(SampleEntry::patches));
    let mut reader = Demuxer::open(Container::Mp4, bytes.clone().patched(patches))?;
    let mut track = reader.audio_track()?;
    if let Some(entry) = entry {
        entry.correct(&mut track.params);
    }
    let sound = movie.sound(track.id);
    if movie.is_fragmented {
        reader.keep_time(fragments::Clock::read(bytes, track.id, sound.map_or(0, |sound| sound.packets.into()))?);
    }
    let track = match sound.and_then(|sound| sound.edit) {
        Some(edit) => track.edited(edit, movie.is_fragmented),
        None => track,
    };
    Ok((reader, track))
}

/// The tracks of a film.
#[derive(Debug, Default)]
struct Movie {
    /// Those with sound.
    sounds: Vec<Sound>,
    /// The index may go on in fragments.
    is_fragmented: bool,
    patches: Vec<Patch>,
}

/// A track with sound.
#[derive(Debug)]
struct Sound {
    number: Option<u32>,
    /// What is played of it.
    edit: Option<Edit>,
    /// How many packets the index has.
    packets: u32,
}

impl Movie {
    /// Walks through the index, wherever that stands.
    ///
    /// # Errors
    /// If the file cannot be read.
    fn read(bytes: &Reader) -> io::Result<Self> {
        let (mut movie, mut walk) = (Self::default(), Walk::new(bytes));
        let Some(index) = walk.next(&mut (0..bytes.len()), *b"moov")? else { return Ok(movie) };
        let hidden = movie.read_tracks(&mut walk, index.clone())?;
        movie.hide_extensions(&mut walk, index, &hidden)?;
        // Half a list of what is hidden would contradict itself.
        if walk.is_exhausted() {
            movie.patches.clear();
            movie.is_fragmented = true;
        }
        Ok(movie)
    }

    /// What the reader shall see in place of the names of tracks without sound; nothing if there is no other, so that the
    /// film is refused for what it is.
    fn patches(&self) -> &[Patch] {
        if self.sounds.is_empty() { &[] } else { &self.patches }
    }

    /// The track with this number.
    fn sound(&self, id: u32) -> Option<&Sound> {
        self.sounds.iter().find(|sound| sound.number == Some(id))
    }

    /// The numbers of the tracks that are hidden.
    fn read_tracks(&mut self, walk: &mut Walk, mut index: Range<u64>) -> io::Result<Vec<Option<u32>>> {
        let header = walk.descend(index.clone(), &[*b"mvhd"])?;
        let clock = header.map_or(Ok(None), |header| walk.number_behind_times(header))?.unwrap_or(0);
        let mut hidden = Vec::new();
        while let Some(track) = walk.next(&mut index, *b"trak")? {
            let name = walk.name();
            let header = walk.descend(track.clone(), &[*b"tkhd"])?;
            let number = header.map_or(Ok(None), |header| walk.number_behind_times(header))?;
            let handler = walk.descend(track.clone(), &[*b"mdia", *b"hdlr"])?;
            if handler.map(|handler| walk.peek(handler.start + 8, 4)).transpose()?.as_deref() == Some(b"soun") {
                let sizes = walk.descend(track.clone(), &[*b"mdia", *b"minf", *b"stbl", *b"stsz"])?;
                let packets = sizes.map_or(Ok(None), |sizes| walk.word(sizes.start + 8))?.unwrap_or(0);
                self.sounds.push(Sound { number, edit: Edit::read(walk, track, clock)?, packets });
            } else {
                self.patches.push(Patch { position: name, bytes: FREE });
                hidden.push(number);
            }
        }
        Ok(hidden)
    }

    /// A film in fragments has a box more for each track, and the reader wants as many of them as tracks.
    fn hide_extensions(&mut self, walk: &mut Walk, index: Range<u64>, hidden: &[Option<u32>]) -> io::Result<()> {
        let Some(mut extensions) = walk.descend(index, &[*b"mvex"])? else { return Ok(()) };
        self.is_fragmented = true;
        while let Some(extension) = walk.next(&mut extensions, *b"trex")? {
            let name = walk.name();
            if hidden.contains(&walk.word(extension.start + 4)?) {
                self.patches.push(Patch { position: name, bytes: FREE });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Movie;
    use crate::audio::{
        AudioError, AudioSource, Settings,
        boxes::MAX_BOXES,
        film::{boxed, extends, file, movie, tables, track},
    };

    /// Two seconds of sound under pictures of which there are so many and whose bytes are not there.
    fn film(pictures: u32) -> Vec<u8> {
        file(&vec![1; 32_000], |position| {
            let picture = track(1, *b"vide", *b"pict", &[], &tables(pictures, 5000, 1, position));
            let sound = track(2, *b"soun", *b"sowt", &[], &tables(20, 1600, 800, position));
            movie(&[picture, sound], &[])
        })
    }

    fn source(film: Vec<u8>) -> AudioSource {
        AudioSource::from_bytes(Bytes::from(film))
    }

    #[test]
    fn the_reader_does_not_see_the_pictures() {
        let mut pcm = crate::audio::open(source(film(9000)), &Settings::default()).unwrap();
        while pcm.next_block().unwrap().is_some() {}
        assert_eq!((pcm.produced().0, pcm.damage()), (32_000, None), "a picture that is cut off would end it");
    }

    #[test]
    fn a_film_without_sound_is_refused_for_that() {
        let silent = file(&[], |_| movie(&[track(1, *b"vide", *b"pict", &[], &tables(0, 0, 0, 0))], &extends(1)));
        let error = crate::audio::open(source(silent), &Settings::default()).err().unwrap();
        assert!(matches!(error, AudioError::NoAudioTrack { .. }), "{error}");
    }

    #[test]
    fn what_fragments_add_is_hidden_with_its_track() {
        let tracks = [(1, *b"soun"), (2, *b"vide"), (3, *b"soun"), (4, *b"tmcd")]
            .map(|(id, handler)| track(id, handler, *b"sowt", &[], &tables(0, 0, 0, 0)));
        let film = file(&[], |_| movie(&tracks, &extends(4)));
        let hidden = Movie::read(&source(film.clone()).into_reader(0)).unwrap();
        let names = hidden.patches().iter().map(|patch| usize::try_from(patch.position).unwrap());
        let names: Vec<&[u8]> = names.map(|at| &film[at..at + 4]).collect();
        assert_eq!(names, [b"trak", b"trak", b"trex", b"trex"]);
        let last = usize::try_from(hidden.patches()[3].position).unwrap();
        assert_eq!(film[last + 8..last + 12], [0, 0, 0, 4]);
    }

    #[test]
    fn an_index_without_end_hides_nothing() {
        let sound = track(1, *b"soun", *b"sowt", &[], &tables(0, 0, 0, 0));
        let film =
            file(&[], |_| movie(&[sound.clone(), boxed(*b"trak", &[]), boxed(*b"free", &[]).repeat(MAX_BOXES)], &[]));
        assert_eq!(Movie::read(&source(film).into_reader(0)).unwrap().patches(), []);
    }
}
