"""Makes broken/: recordings that are damaged, that lie, or that are none. Called by make.sh with the plain sentence.

broken/expected.tsv says what must become of each: `whole` or `part` (it is decoded, `part` with damage reported), or the
name of the error and a word that its message must have.
"""

import pathlib
import random
import struct
import subprocess
import sys

SENTENCE = sys.argv[1]
BROKEN = pathlib.Path("broken")
EXPECTED: list[tuple[str, str, str]] = []


def expect(name: str, outcome: str, word: str = "") -> pathlib.Path:
    EXPECTED.append((name, outcome, word))
    return BROKEN / name


def write(name: str, content: bytes, outcome: str, word: str = "") -> None:
    expect(name, outcome, word).write_bytes(content)


def encode(name: str, arguments: str, outcome: str, word: str = "", inputs: str = "") -> None:
    """The first two seconds of the sentence (or other inputs) through ffmpeg."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *(inputs.split() or ["-t", "2", "-i", SENTENCE])]
    command += ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact", "-threads", "1"]
    subprocess.run([*command, *arguments.split(), str(expect(name, outcome, word))], check=True)


def good(name: str) -> bytes:
    return pathlib.Path(name).read_bytes()


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def scratched(content: bytes) -> bytes:
    """A stretch of noise in the middle, as from a bad disk."""
    middle = len(content) // 2
    return content[:middle] + random.Random(7).randbytes(600) + content[middle + 600 :]


def wave(samples: bytes, tag=1, bits=16, rate=16000, channels=1, data=None, riff=None) -> bytes:
    """A WAV file, whose header may claim anything."""
    data = len(samples) if data is None else data
    riff = 36 + len(samples) if riff is None else riff
    block = bits // 8 * channels
    form = struct.pack("<4sI4s", b"RIFF", riff, b"WAVE")
    sound = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, channels, rate, rate * block, block, bits)
    return form + sound + struct.pack("<4sI", b"data", data) + samples


def not_recordings() -> None:
    write("empty.wav", b"", "Empty")
    write("text.mp3", b"Minutes of the meeting: the report is ready.\n" * 20, "NotAudio", "text")
    write("page.mp3", b"<!DOCTYPE html>\n<html><title>404 Not Found</title></html>\n", "NotAudio", "web page")
    write("noise.wav", random.Random(1).randbytes(20_000), "NotAudio", "unknown")
    write("zeros.ogg", bytes(20_000), "NotAudio", "zero bytes")
    encode("picture.m4a", "-frames:v 1 -c:v png -f image2", "NotAudio", "PNG", "-f lavfi -i testsrc=size=64x48:rate=1:duration=1")
    encode("picture.mp3", "-frames:v 1 -c:v mjpeg -f image2", "NotAudio", "JPEG", "-f lavfi -i testsrc=size=64x48:rate=1:duration=1")
    write("notes.mid", b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0", "NotAudio", "MIDI")
    for name, codec in (("silent-film.mp4", "mpeg4"), ("silent-film.webm", "libvpx -b:v 20k")):
        encode(name, f"-c:v {codec}", "NoAudioTrack", "no audio", "-f lavfi -i testsrc=size=64x48:rate=5:duration=1")


def unsupported() -> None:
    container, codec, channels = "UnsupportedContainer", "UnsupportedCodec", "TooManyChannels"
    film = f"-f lavfi -i testsrc=size=64x48:rate=25 -t 1 -i {SENTENCE}"
    encode("program-stream.mpeg", "-shortest -c:v mpeg1video -b:v 50k -c:a mp2 -ar 32000 -b:a 48k -f mpeg", container, "MPEG program stream", film)
    encode("transport-stream.ts", "-c:a aac -ar 44100 -b:a 48k -f mpegts", container, "MPEG transport stream")
    encode("windows-media.wma", "-c:a wmav2 -ar 44100 -b:a 48k", container, "Windows Media")
    encode("sun.au", "-c:a pcm_mulaw -ar 8000", container, "AU")
    encode("wave64.w64", "-c:a pcm_mulaw -ar 8000", container, "Wave64")
    encode("video.avi", "-c:a libmp3lame -ar 44100 -b:a 48k", container, "AVI")
    encode("wavpack.wv", "-c:a wavpack -ar 8000", container, "WavPack")
    write("phone.amr", b"#!AMR\n" + bytes([0x3C]) + bytes(31), container, "AMR")
    encode("dolby.ac3", "-c:a ac3 -ar 48000 -b:a 64k", codec, "AC-3")
    encode("dolby.eac3", "-c:a eac3 -ar 48000 -b:a 64k", codec, "E-AC-3")
    encode("dolby.mp4", "-c:a ac3 -ar 48000 -b:a 64k", codec, "AC-3")
    encode("dolby.mkv", "-c:a eac3 -ar 48000 -b:a 64k", codec, "E-AC-3")
    encode("windows-media.mkv", "-c:a wmav2 -ar 44100 -b:a 48k", codec, "A_MS/ACM")
    encode("speex.ogg", "-c:a libspeex -ar 16000", codec, "Speex")
    encode("gsm.wav", "-c:a libgsm_ms -ar 8000", codec, "GSM")
    encode("mp3.wav", "-c:a libmp3lame -ar 44100 -b:a 48k", codec, "MP3")
    encode("alaw.caf", "-c:a pcm_alaw -ar 8000", codec, "A-law audio in a CAF file")
    encode("flac.caf", "-c:a flac -ar 8000", codec, "FLAC audio in a CAF file")
    encode("alaw.mov", "-c:a pcm_alaw -ar 8000", codec, "A-law audio in an MP4 file")
    encode("g722.wav", "-c:a g722", codec, "G.722 ADPCM audio in a WAV file")
    encode("pcm-u8.mkv", "-c:a pcm_u8 -ar 8000", codec, "8-bit PCM audio in a WebM/Matroska file")
    encode("surround.m4a", "-c:a aac -ac 6 -ar 44100 -b:a 96k", channels, "6 channels")
    encode("surround.aac", "-c:a aac -ac 6 -ar 44100 -b:a 96k", channels, "6 channels")
    encode("surround-opus.ogg", "-c:a libopus -ac 6 -b:a 96k -mapping_family 1", channels, "6 channels")
    encode("surround-opus.webm", "-c:a libopus -ac 6 -b:a 96k -mapping_family 1", channels, "6 channels")
    write("twelve-channels.wav", wave(bytes(24_000), channels=12), channels, "12 channels")
    write("slow.wav", wave(bytes(4000), rate=4000), "SampleRateOutOfRange", "4000")
    write("fast.wav", wave(bytes(8000), rate=384_000), "SampleRateOutOfRange", "384000")


def damaged() -> None:
    for name in ("wav-alaw.wav", "mp3-cbr.mp3", "aac-index-first.m4a", "aac.mkv", "aac.aac", "opus.webm", "opus.ogg"):
        write(f"cut-off-{name}", half(good(name)), "part")
    encode("whole.flac", "-c:a flac -ar 8000", "whole")
    write("cut-off.flac", half(good("broken/whole.flac")), "part", "cut off")
    # Nothing in these says how much there should be.
    for name in ("opus-live.webm", "aac-fragmented.mp4"):
        write(f"cut-off-{name}", half(good(name)), "whole")
    write("cut-off-aac-index-last.m4a", half(good("aac-index-last.m4a")), "Corrupt", "index")
    write("cut-off-header.wav", good("wav-s16.wav")[:30], "Corrupt", "cut off")
    for name in ("mp3-cbr.mp3", "aac-index-first.m4a", "vorbis.ogg", "opus.webm"):
        write(f"scratched-{name}", scratched(good(name)), "part")
    write("scratched-aac.aac", scratched(good("aac.aac")), "part", "corrupt packet")
    encode("whole.ogg", "-c:a libopus -b:a 16k", "whole", inputs="-i meeting.mp3")
    write("scratched.ogg", scratched(good("broken/whole.ogg")), "part", "missing")
    write("scratched.flac", scratched(good("broken/whole.flac")), "part", "missing")


def liars() -> None:
    speech = good("wav-u8.wav")
    speech = speech[speech.index(b"data") + 8 :][:24_000]
    for name, claim in (("unknown", 0xFFFFFFFF), ("zero", 0)):
        write(f"length-{name}.wav", wave(speech, bits=8, data=claim, riff=claim), "whole")
    encode("rf64.wav", "-c:a pcm_u8 -ar 8000 -rf64 always", "whole")
    write("length-riff-too-small.wav", wave(speech, bits=8, riff=36), "whole")
    write("length-too-large.wav", wave(speech, bits=8, data=1_000_000, riff=1_000_036), "part", "cut off")
    flac = bytearray(good("broken/whole.flac"))
    flac[21] |= 0x0F  # the upper bits of the total number of samples
    write("length-too-large.flac", bytes(flac), "part", "cut off")
    mp3 = bytearray(good("mp3-cbr.mp3"))
    frames = mp3.index(b"Info") + 8
    mp3[frames : frames + 4] = struct.pack(">I", 20)
    write("length-too-small.mp3", bytes(mp3), "whole")
    # A box whose size leads from byte 16 back to byte 0.
    back = b"ftypM4A \0\0\0\0" + struct.pack(">I4sQ", 1, b"free", 2**64 - 16)
    write("length-leads-back.m4a", struct.pack(">I", 16) + back, "Corrupt")
    tags = b"ID3\4\0\0\0\0\0\0" * 2000
    write("tags-without-end.mp3", tags, "NotAudio")


def odd_samples() -> None:
    speech = good("wav-f32.wav")
    speech = speech[speech.index(b"data") + 8 :]
    not_a_number = struct.pack("<3f", float("nan"), float("inf"), float("-inf"))
    bad = speech[:20_000] + not_a_number + speech[20_012:40_000]
    write("not-a-number.wav", wave(bad, tag=3, bits=32, rate=11025), "part", "3 samples")
    write("too-short.wav", wave(bytes(2 * 1599)), "TooShort", "0.1 s")
    write("just-long-enough.wav", wave(bytes(2 * 1600)), "whole")
    write("no-samples.wav", wave(b""), "TooShort", "0 s")
    # Twelve hours of silence in 70 kB.
    encode("silence.flac", "-c:a flac -frame_size 65535", "TooLong", "longer than", "-f lavfi -i anullsrc=r=8000:cl=mono -t 43200")


BROKEN.mkdir(exist_ok=True)
for old in BROKEN.iterdir():
    old.unlink()
for part in (not_recordings, unsupported, damaged, liars, odd_samples):
    part()
rows = [("file", "outcome", "message"), *EXPECTED]
(BROKEN / "expected.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
