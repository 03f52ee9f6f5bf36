"""What `make bench` measures: minuted beside whisper.cpp and faster-whisper, on the same files, weights and cores."""
