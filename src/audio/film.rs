//! MP4 files made of bytes, for tests.

/// A box (ISO/IEC 14496-12, 4.2).
pub(super) fn boxed(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], &name, body].concat()
}

/// A box whose body is 32-bit words, the first of them version and flags.
pub(super) fn words(name: [u8; 4], words: &[u32]) -> Vec<u8> {
    boxed(name, &words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>())
}

/// Samples a second of every sound track, and units of its clock.
pub(super) const RATE: u32 = 8000;

/// Units of the movie's clock in a second.
pub(super) const MOVIE: u32 = 1000;

/// Frames of PCM in a packet.
const PACKET: u32 = 800;

/// An index, its tracks with the numbers 1, 2, …, and what it says of fragments.
pub(super) fn movie(tracks: &[Vec<u8>], extends: &[u8]) -> Vec<u8> {
    let mut header = [0; 25];
    header[3] = MOVIE;
    boxed(*b"moov", &[&words(*b"mvhd", &header)[..], &tracks.concat(), extends].concat())
}

/// A track of the kind that `handler` names, with the sample entry `format`, and the tables of its samples.
pub(super) fn track(id: u32, handler: [u8; 4], format: [u8; 4], edits: &[u8], tables: &[u8]) -> Vec<u8> {
    let mut header = [0; 21];
    header[3] = id;
    let sound = [&[0; 6][..], &[0, 1], &[0; 8], &[0, 1, 0, 16], &[0; 4], &(RATE << 16).to_be_bytes()].concat();
    let entries = [&[0, 0, 0, 0, 0, 0, 0, 1], &boxed(format, &sound)[..]].concat();
    let table = boxed(*b"stbl", &[&boxed(*b"stsd", &entries), tables].concat());
    let media = [
        words(*b"mdhd", &[0, 0, 0, RATE, 0, 0]),
        boxed(*b"hdlr", &[&[0; 8][..], &handler, &[0; 13]].concat()),
        boxed(*b"minf", &[boxed(*b"smhd", &[0; 8]), table].concat()),
    ];
    boxed(*b"trak", &[&words(*b"tkhd", &header), edits, &boxed(*b"mdia", &media.concat())].concat())
}

/// The tables of `packets` packets of `size` bytes and `duration` units, one behind the other from `position` on.
pub(super) fn tables(packets: u32, size: u32, duration: u32, position: u32) -> Vec<u8> {
    let [times, chunks, offsets] = if packets == 0 {
        [vec![0, 0], vec![0, 0], vec![0, 0]]
    } else {
        [vec![0, 1, packets, duration], vec![0, 1, 1, packets, 1], vec![0, 1, position]]
    };
    [words(*b"stts", &times), words(*b"stsc", &chunks), words(*b"stsz", &[0, size, packets]), words(*b"stco", &offsets)]
        .concat()
}

/// An index, which is told where they are, and the bytes that it describes.
pub(super) fn file(bytes: &[u8], index: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    let kind = boxed(*b"ftyp", b"isom\0\0\0\0");
    let position = u32::try_from(kind.len() + index(0).len() + 8).unwrap();
    [kind, index(position), boxed(*b"mdat", bytes)].concat()
}

/// A fragment of `packets` packets for the track 1, with nothing in them.
pub(super) fn empty_fragment(packets: u32) -> Vec<u8> {
    let run = [words(*b"tfhd", &[0x0002_0000, 1]), words(*b"trun", &[0, packets])].concat();
    let fragment = boxed(*b"moof", &[words(*b"mfhd", &[0, 1]), boxed(*b"traf", &run)].concat());
    [fragment, boxed(*b"mdat", &[])].concat()
}

/// `mvex` for the tracks 1 to `tracks`.
pub(super) fn extends(tracks: u32) -> Vec<u8> {
    boxed(*b"mvex", &(1..=tracks).flat_map(|id| words(*b"trex", &[0, id, 1, 0, 0, 0])).collect::<Vec<_>>())
}

/// A file with nothing but `packets` empty packets of sound.
pub(super) fn empty_packets(packets: u32) -> Vec<u8> {
    sound_and_empty_packets(0, packets)
}

/// A file with so many frames of sound, and then `packets` empty packets.
pub(super) fn sound_and_empty_packets(frames: u32, packets: u32) -> Vec<u8> {
    let index = |position| {
        let tables = tables(frames / PACKET, PACKET * 2, PACKET, position);
        movie(&[track(1, *b"soun", *b"sowt", &[], &tables)], &extends(1))
    };
    [file(&vec![1; frames as usize * 2], index), empty_fragment(packets)].concat()
}

/// An `edts` box: of each edit the duration on the movie's clock, and the first unit on the media's.
pub(super) fn edit_list(edits: &[(u32, i32)]) -> Vec<u8> {
    let count = u32::try_from(edits.len()).unwrap();
    let entries = edits.iter().flat_map(|&(duration, start)| [duration, start.cast_unsigned(), 1 << 16]);
    boxed(*b"edts", &words(*b"elst", &[0, count].into_iter().chain(entries).collect::<Vec<_>>()))
}

/// A fragment of 16-bit PCM for the track 1, in packets of so many frames.
pub(super) fn fragment(frames: u32, sound: &[u8]) -> Vec<u8> {
    fragment_at(None, frames, sound)
}

/// The same, which says that it begins at this time.
pub(super) fn fragment_at(time: Option<u32>, frames: u32, sound: &[u8]) -> Vec<u8> {
    let packets = u32::try_from(sound.len()).unwrap() / (frames * 2);
    let time = time.map_or_else(Vec::new, |time| words(*b"tfdt", &[0, time]));
    let head = |offset| {
        let header = words(*b"tfhd", &[0x0002_0018, 1, frames, frames * 2]);
        let run = [&header[..], &time, &words(*b"trun", &[1, packets, offset])].concat();
        boxed(*b"moof", &[words(*b"mfhd", &[0, 1]), boxed(*b"traf", &run)].concat())
    };
    let offset = u32::try_from(head(0).len()).unwrap() + 8;
    [head(offset), boxed(*b"mdat", sound)].concat()
}
