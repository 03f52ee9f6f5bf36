//! How many bytes a container reader may take at once.
//!
//! A reader keeps the header of a file in memory, and each packet, however large a hostile file makes them; some keep
//! many times as much as they read. What it reads is counted, and beyond what recordings need it gets an error.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::container::Container;

/// What a reader may still read. Its clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    /// For a reader that nobody trusts less than the file.
    pub fn unlimited() -> Self {
        Self(Arc::new(AtomicU64::new(u64::MAX)))
    }

    /// For the header of a file. Covers and fonts are in it, the index of a film, and for each packet of a CAF file two
    /// bytes, of which the reader makes 32: in these a day of packets of 20 ms.
    pub fn for_header(container: Container) -> Self {
        let bytes = match container {
            Container::Caf => 8 << 20,
            Container::Matroska => 128 << 20,
            _ => 64 << 20,
        };
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// From here on, what one packet needs: a picture that was hardly compressed, and what stands between two. The other
    /// readers have a bound of their own, and may have to look far for the next packet.
    pub fn renew_for_packet(&self, container: Container) {
        let bytes = match container {
            Container::Matroska | Container::Mp4 | Container::Caf => 64 << 20,
            _ => u64::MAX,
        };
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// How many of `wanted` bytes may be read.
    ///
    /// # Errors
    /// If none may: [`is_exhausted`] knows it.
    pub fn ask(&self, wanted: usize) -> io::Result<usize> {
        match self.0.load(Ordering::Relaxed) {
            0 => Err(io::ErrorKind::QuotaExceeded.into()),
            left => Ok(usize::try_from(left).map_or(wanted, |left| left.min(wanted))),
        }
    }

    /// So many were read.
    pub fn spend(&self, bytes: usize) {
        self.0.store(self.0.load(Ordering::Relaxed).saturating_sub(bytes as u64), Ordering::Relaxed);
    }
}

/// True for the error that ends a reader which has read all it may.
pub(super) fn is_exhausted(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::QuotaExceeded && error.raw_os_error().is_none()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::audio::{AudioSource, Settings, open};

    #[test]
    fn it_is_spent_and_renewed() {
        let allowance = Allowance::for_header(Container::Caf);
        allowance.clone().spend((8 << 20) - 3);
        assert_eq!(allowance.ask(100).unwrap(), 3);
        allowance.spend(3);
        assert!(is_exhausted(&allowance.ask(100).unwrap_err()));
        allowance.renew_for_packet(Container::Mp4);
        assert_eq!(allowance.ask(100).unwrap(), 100);
        assert!(!is_exhausted(&io::Error::from_raw_os_error(122)), "the disk's own");
    }

    /// A CAF file of AAC with a table of packets of one byte each.
    fn caf(packets: usize) -> AudioSource {
        let chunk = |tag: &[u8; 4], body: &[u8]| [&tag[..], &(body.len() as u64).to_be_bytes(), body].concat();
        let format = [&8000_f64.to_be_bytes()[..], b"aac ", &[0; 8], &[0, 0, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0]].concat();
        let table = [&(packets as u64).to_be_bytes()[..], &[0; 16], &vec![1; packets]].concat();
        let chunks = [chunk(b"desc", &format), chunk(b"pakt", &table), chunk(b"data", &[0; 4])];
        AudioSource::from_bytes(Bytes::from([b"caff\0\x01\0\0".to_vec(), chunks.concat()].concat()))
    }

    #[test]
    fn a_packet_table_without_end_is_not_read() {
        let refusal = |packets| open(caf(packets), &Settings::default()).err().unwrap().to_string();
        assert!(refusal(9 << 20).contains("header"), "{}", refusal(9 << 20));
        assert!(!refusal(1000).contains("header"), "{}", refusal(1000));
    }

    #[test]
    fn a_block_of_a_hundred_megabytes_is_not_read() {
        let mut bytes = std::fs::read("samples/pcm.mkv").unwrap();
        let whole = open(AudioSource::from_bytes(Bytes::from(bytes.clone())), &Settings::default()).unwrap();
        let segment = bytes.windows(4).position(|window| window == b"\x18\x53\x80\x67").unwrap() + 4;
        bytes[segment..segment + 8].copy_from_slice(&[1, 255, 255, 255, 255, 255, 255, 255]);
        bytes.extend(b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff\xe7\x82\x23\x28\xa3\x01\0\0\0\x06\x40\0\x04");
        bytes.extend(b"\x81\0\0\x80");
        bytes.resize(bytes.len() + (100 << 20), 0);
        let mut pcm = open(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default()).unwrap();
        while pcm.next_block().unwrap().is_some() {}
        assert!(pcm.damage().unwrap().what.contains("could not be read to its end"));
        assert!(pcm.produced().to_millis() >= whole.declared_duration().unwrap());
    }
}
