"""Text to 16 kHz speech with word times, by the synthesisers that Debian carries."""
