"""A backend for the tests of the router: a small server of its own that answers as a language model's does.

`python backend.py` serves on a free port of loopback, says where on standard output, and goes on until it is told to
stop. What it answers depends on the request alone, so that an answer through the router can be compared with its own.
"""

import base64
import json
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = ["Hello", " from", " the", " backend", "."]


def completion(request: dict) -> dict:
    """A whole answer of a chat."""
    if request.get("tools"):
        name = request["tools"][0]["function"]["name"]
        call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": '{"city": "Lyon"}'}}
        message, reason = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    else:
        message, reason = {"role": "assistant", "content": text_for(request)}, "stop"
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    choices = [choice | {"index": at} for at in range(request.get("n") or 1)]
    return head("chat.completion", request) | {"choices": choices, "usage": usage()}


def text_for(request: dict) -> str:
    parts = [part for message in request["messages"] for part in message["content"] if isinstance(part, dict)]
    pictures = [part for part in parts if part["type"] == "image_url"]
    return f"I see {len(pictures)} picture." if pictures else "".join(WORDS)


def head(kind: str, request: dict) -> dict:
    return {"id": "chatcmpl-1", "object": kind, "created": 1767225600, "model": request["model"]}


def usage() -> dict:
    return {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}


def deltas(request: dict):
    """What a streamed answer of a chat brings: words, or a call whose arguments come in pieces."""
    if not request.get("tools"):
        yield from ({"role": "assistant", "content": word} for word in WORDS)
        return
    name = request["tools"][0]["function"]["name"]
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}
    yield {"role": "assistant", "content": None, "tool_calls": [call]}
    for piece in ['{"city": ', '"Lyon"}']:
        yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def chunks(request: dict):
    """A streamed answer of a chat, event by event."""
    for delta in deltas(request):
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield head("chat.completion.chunk", request) | {"choices": [choice]}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield head("chat.completion.chunk", request) | {"choices": [last]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield head("chat.completion.chunk", request) | {"choices": [], "usage": usage()}


def response(request: dict) -> dict:
    """A whole answer of `responses`."""
    text = {"type": "output_text", "text": "".join(WORDS), "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {
        "id": "resp_1", "object": "response", "created_at": 1767225600, "status": "completed", "error": None,
        "model": request["model"], "output": [message], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": {"input_tokens": 12, "output_tokens": 5, "total_tokens": 17} | details,
    }  # fmt: skip


def response_events(request: dict):
    """A streamed answer of `responses`, event by event."""
    whole = response(request)
    begun = whole | {"status": "in_progress", "output": [], "usage": None}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    events = [
        {"type": "response.created", "response": begun},
        *({"type": "response.output_text.delta", "delta": word} | place for word in WORDS),
        {"type": "response.output_text.done", "text": "".join(WORDS)} | place,
        {"type": "response.completed", "response": whole},
    ]
    yield from (event | {"sequence_number": number} for number, event in enumerate(events))


def text_completion(request: dict) -> dict:
    """A whole answer of `completions`: the prompt comes back where that is asked for."""
    prompts = request["prompt"] if isinstance(request["prompt"], list) else [request["prompt"]]
    texts = [(prompt if request.get("echo") else "") + "".join(WORDS) for prompt in prompts]
    choices = [{"index": at, "text": text, "finish_reason": "stop", "logprobs": None} for at, text in enumerate(texts)]
    return head("text_completion", request) | {"choices": choices, "usage": usage()}


def embeddings(request: dict) -> dict:
    texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
    vectors = [[float(len(text)), 0.5] for text in texts]
    if request.get("encoding_format") == "base64":
        vectors = [base64.b64encode(struct.pack("<2f", *vector)).decode() for vector in vectors]
    data = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    return {"object": "list", "model": request["model"], "data": data, "usage": {"prompt_tokens": 3, "total_tokens": 3}}


ANSWERS = {
    "/v1/chat/completions": completion,
    "/v1/completions": text_completion,
    "/v1/responses": response,
    "/v1/embeddings": embeddings,
}


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if request.get("stream") and self.path == "/v1/responses":
            # Each has its name in a line of its own, and none says that it is the last.
            self.stream(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in response_events(request))
        elif request.get("stream"):
            events = (json.dumps(event) for event in chunks(request))
            self.stream(f"data: {event}\n\n" for event in [*events, "[DONE]"])
        else:
            body = json.dumps(ANSWERS[self.path](request)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def stream(self, events):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in events:
            data = event.encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
