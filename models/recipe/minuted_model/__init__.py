"""The recipe of the bundled model: text, speech, sound, network, training, evaluation."""
