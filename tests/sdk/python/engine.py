"""A real engine for the tests of the router: llama.cpp's own server, before a model of random weights.

`python engine.py` serves on free ports of loopback, says where on standard output, and goes on until it is told to stop.
The first address writes text and the second makes vectors: llama.cpp does one or the other.
"""

import signal
import tempfile
from pathlib import Path

import tiny_model
import xllamacpp


def serve(model: Path, vectors: bool) -> xllamacpp.Server:
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel = 2 * tiny_model.CONTEXT, 2
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.endpoint_slots = True
    params.verbosity = 1  # errors
    if vectors:
        params.embedding, params.pooling_type = True, xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    return xllamacpp.Server(params)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "tiny.gguf"
        tiny_model.write(model)
        servers = [serve(model, vectors) for vectors in (False, True)]
        print(*(server.listening_address for server in servers), flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
