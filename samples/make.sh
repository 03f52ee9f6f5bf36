#!/bin/sh
# Makes every recording in this folder again: one sentence in each container and codec, a short meeting of two voices,
# and in broken/ what must be refused or repaired. Needs flite, ffmpeg and python3 with numpy and scipy, all in Debian.
# The tests use the files as they are committed; run this only to change what is said or who says it.
set -eu
cd "$(dirname "$0")"

# A voice that the bundled model has never heard. The meeting's other one is this voice, almost a whole tone higher.
VOICE=${VOICE:-rms}
SENTENCE='We need to review the budget before the end of the month. Can you send me the report?'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# say VOICE FILE TEXT: 16 kHz mono, with a little silence around it; softer above 3.5 kHz, so that files of half the rate hold
# nearly all of it.
say() {
    flite -voice "$1" -t "$3" -o "$work/said.wav"
    ff -i "$work/said.wav" -af 'aresample=16000:resampler=swr,treble=g=-10:f=3500,volume=3dB,adelay=200,apad=pad_dur=0.2' -ar 16000 -ac 1 -c:a pcm_s16le "$2"
}

# ff ARGUMENTS: ffmpeg, quiet, and with the same output on every run.
ff() {
    ffmpeg -nostdin -v error -y "$@"
}

# make FILE ARGUMENTS: the sentence, encoded.
make() {
    file=$1
    shift
    ff -i "$work/sentence.wav" -map_metadata -1 -fflags +bitexact -flags:a +bitexact "$@" "$file"
    printf '%s\t%s\n' "$file" "$SENTENCE" >>expected.tsv
}

# film FILE ARGUMENTS: the sentence under a moving picture.
film() {
    file=$1
    shift
    ff -f lavfi -i 'testsrc=size=64x48:rate=5' -i "$work/sentence.wav" -shortest -map 0:v -map 1:a \
        -map_metadata -1 -fflags +bitexact -flags +bitexact -threads 1 "$@" "$file"
    printf '%s\t%s\n' "$file" "$SENTENCE" >>expected.tsv
}

say "$VOICE" "$work/sentence.wav" "$SENTENCE"
printf 'file\ttext\n' >expected.tsv

# WAV
make wav-s16.wav -c:a pcm_s16le
make wav-u8.wav -c:a pcm_u8
make wav-s24-extensible.wav -c:a pcm_s24le -ar 12000
make wav-s32.wav -c:a pcm_s32le -ar 8000
make wav-f32.wav -c:a pcm_f32le -ar 11025
make wav-alaw.wav -c:a pcm_alaw -ar 8000
make wav-mulaw.wav -c:a pcm_mulaw -ar 8000
make wav-adpcm-ima.wav -c:a adpcm_ima_wav
make wav-adpcm-ms.wav -c:a adpcm_ms
make wav-5.1.wav -c:a pcm_u8 -ar 8000 -af 'pan=5.1|FL=c0|FR=c0|FC=c0|LFE=0*c0|BL=c0|BR=c0'
make wav-stereo.wav -c:a adpcm_ima_wav -ar 22050 -ac 2

# FLAC
make flac-16.flac -c:a flac
make flac-24-96k.flac -af aresample=96000:osf=s16 -c:a flac -sample_fmt s32 -compression_level 12
make flac.ogg -c:a flac

# MP3
make mp3-cbr.mp3 -c:a libmp3lame -ar 44100 -b:a 64k
make mp3-vbr-stereo.mp3 -c:a libmp3lame -ar 44100 -ac 2 -q:a 5
make mp3-mpeg2.mp3 -c:a libmp3lame -ar 22050 -b:a 32k
make mp3-mpeg2.5.mp3 -c:a libmp3lame -ar 8000 -b:a 24k
make mp3-no-xing.mpga -c:a libmp3lame -ar 32000 -b:a 48k -write_xing 0 -id3v2_version 0 -f mp3
make mp3.mpeg -c:a libmp3lame -ar 48000 -b:a 64k -f mp3
ff -f lavfi -i 'testsrc=size=64x48:rate=1:duration=1' -frames:v 1 "$work/cover.png"
ff -i mp3-cbr.mp3 -i "$work/cover.png" -map 0 -map 1 -c copy -id3v2_version 3 -fflags +bitexact \
    -metadata title='A cover and a title' -metadata:s:v comment='Cover (front)' mp3-cover.mp3
printf 'mp3-cover.mp3\t%s\n' "$SENTENCE" >>expected.tsv
make mp2.mp2 -c:a mp2 -ar 32000 -b:a 64k

# AAC and ALAC
make aac.aac -c:a aac -ar 44100 -b:a 64k
make aac-index-last.m4a -c:a aac -ar 44100 -b:a 64k
make aac-index-first.m4a -c:a aac -ar 44100 -ac 2 -b:a 64k -movflags +faststart
make aac-fragmented.mp4 -c:a aac -ar 16000 -b:a 32k -movflags +frag_keyframe+empty_moov -frag_duration 1000000
make aac-8k.m4a -c:a aac -ar 8000 -b:a 24k
make aac.mov -c:a aac -ar 48000 -b:a 64k
make aac.mkv -c:a aac -ar 44100 -b:a 64k
make alac.m4a -c:a alac
make alac.caf -c:a alac
make mp3.mp4 -c:a libmp3lame -ar 44100 -b:a 64k
film video-aac.mp4 -c:v mpeg4 -c:a aac -ar 44100 -b:a 64k

# Vorbis and Opus
make vorbis.ogg -c:a libvorbis -ar 44100 -q:a 2
make opus.ogg -c:a libopus -b:a 24k
make opus-stereo.ogg -c:a libopus -b:a 48k -ac 2
make opus-60ms.opus -c:a libopus -b:a 16k -frame_duration 60
make opus.webm -c:a libopus -b:a 24k
make opus-live.webm -c:a libopus -b:a 24k -live 1 -f webm
make opus.mp4 -c:a libopus -b:a 24k
make opus.caf -c:a libopus -b:a 24k
make vorbis.webm -c:a libvorbis -ar 44100 -q:a 2
film video-opus.webm -c:v libvpx -b:v 50k -c:a libopus -b:a 24k

# AIFF, CAF, MOV, PCM elsewhere
make aiff-s16.aiff -c:a pcm_s16be -ar 8000
make aiff-s24.aiff -c:a pcm_s24be -ar 12000
make aifc-sowt.aif -c:a pcm_s16le -ar 8000 -f aiff
make caf-s16.caf -c:a pcm_s16le -ar 8000
make mov-s24be.mov -c:a pcm_s24be -ar 8000
make mov-s24le.mov -c:a pcm_s24le -ar 8000
make mov-s8.mov -c:a pcm_s8 -ar 8000
make pcm.mkv -c:a pcm_s16le -ar 8000

# A meeting: two voices, pauses, half a minute.
python3 - "$work" "$VOICE" <<'PY' >"$work/meeting.list"
import subprocess, sys
work, voice = sys.argv[1:]
first, second = "", "asetrate=16000*1.1,aresample=16000,atempo=1/1.1,"
lines = [
    (first, "Good morning everyone."),
    (second, "We need to review the budget before the end of the month."),
    (first, "Can you send me the report?"),
    (second, "Emma will send the report."),
    (first, "Please send the report by Friday."),
    (second, "Let's move the meeting to Wednesday."),
    (first, "I will prepare the customer survey today. Thank you, Daniel."),
]
for number, (change, text) in enumerate(lines):
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", f"{work}/line{number}.wav"], check=True)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", f"{work}/line{number}.wav", "-af", change + "adelay=300,apad=pad_dur=0.4",
                    "-ar", "16000", "-ac", "1", f"{work}/padded{number}.wav"], check=True)
    print(f"file '{work}/padded{number}.wav'")
with open("meeting.words.tsv", "w") as times:
    said = [f"{work}/line{number}.wav:{voice}:{text}" for number, (_, text) in enumerate(lines)]
    subprocess.run([sys.executable, "words.py", *said], stdout=times, check=True)
with open("expected.tsv", "a") as expected:
    print("meeting.mp3", " ".join(text for _, text in lines), sep="\t", file=expected)
PY
ff -f concat -safe 0 -i "$work/meeting.list" -map_metadata -1 -fflags +bitexact -flags:a +bitexact -c:a libmp3lame -ar 24000 -b:a 40k meeting.mp3

python3 broken.py "$work/sentence.wav"
