//! What the index of an MP4 film says of its tracks, beside what its reader takes from it.
//!
//! The reader counts through the times of a track from its first packet for each that follows, and reads every picture;
//! in a film of hours it does nothing else. So it shall not see tracks that are no sound: their boxes get the name of
//! free space.

use std::{io, ops::Range};

use super::{
    boxes::Walk,
    source::{Patch, Reader},
};

/// The name of a box that readers pass over.
const FREE: [u8; 4] = *b"free";

/// The tracks of a film.
#[derive(Debug, Default)]
pub(super) struct Movie {
    sounds: usize,
    /// The index may go on in fragments.
    pub is_fragmented: bool,
    patches: Vec<Patch>,
}

impl Movie {
    /// Walks through the index, wherever that stands.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(bytes: &Reader) -> io::Result<Self> {
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
    pub fn patches(&self) -> &[Patch] {
        if self.sounds > 0 { &self.patches } else { &[] }
    }

    /// The numbers of the tracks that are hidden.
    fn read_tracks(&mut self, walk: &mut Walk, mut index: Range<u64>) -> io::Result<Vec<Option<u32>>> {
        let mut hidden = Vec::new();
        while let Some(track) = walk.next(&mut index, *b"trak")? {
            let name = walk.name();
            let handler = walk.descend(track.clone(), &[*b"mdia", *b"hdlr"])?;
            if handler.map(|handler| walk.peek(handler.start + 8, 4)).transpose()?.as_deref() == Some(b"soun") {
                self.sounds += 1;
            } else {
                self.patches.push(Patch { position: name, bytes: FREE });
                hidden.push(walk.descend(track, &[*b"tkhd"])?.map_or(Ok(None), |header| versioned(walk, header))?);
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

/// The number behind the two times of a header, which are twice as long in version 1: of a track its own number, of a
/// movie or of its media the units of its clock in a second.
fn versioned(walk: &Walk, header: Range<u64>) -> io::Result<Option<u32>> {
    let is_long = walk.peek(header.start, 1)? == [1];
    walk.word(header.start + if is_long { 20 } else { 12 })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::audio::{
        AudioError, AudioSource, Settings,
        boxes::MAX_BOXES,
        film::{boxed, extends, file, movie, tables, track},
        open,
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
        let mut pcm = open(source(film(9000)), &Settings::default()).unwrap();
        while pcm.next_block().unwrap().is_some() {}
        assert_eq!((pcm.produced().0, pcm.damage()), (32_000, None), "a picture that is cut off would end it");
    }

    #[test]
    fn a_film_without_sound_is_refused_for_that() {
        let silent = file(&[], |_| movie(&[track(1, *b"vide", *b"pict", &[], &tables(0, 0, 0, 0))], &extends(1)));
        let error = open(source(silent), &Settings::default()).err().unwrap();
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
