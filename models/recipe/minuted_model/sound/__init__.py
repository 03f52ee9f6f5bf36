"""What happens to speech between a mouth and a model: rooms, noises, lines, codecs, and the log-mel."""
