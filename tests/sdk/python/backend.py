"""A backend for the tests of the router: a small server of its own that answers as a language model's does.

`python backend.py` serves on a free port of loopback, says where on standard output, and goes on until it is told to
stop. What it answers depends on the request alone, so that an answer through the router can be compared with its own.
"""

import json
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
    return head("chat.completion", request) | {"choices": [choice], "usage": usage()}


def text_for(request: dict) -> str:
    parts = [part for message in request["messages"] for part in message["content"] if isinstance(part, dict)]
    pictures = [part for part in parts if part["type"] == "image_url"]
    return f"I see {len(pictures)} picture." if pictures else "".join(WORDS)


def head(kind: str, request: dict) -> dict:
    return {"id": "chatcmpl-1", "object": kind, "created": 1767225600, "model": request["model"]}


def usage() -> dict:
    return {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}


def chunks(request: dict):
    """A streamed answer of a chat, event by event."""
    for word in WORDS:
        choice = {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}
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


def embeddings(request: dict) -> dict:
    texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
    data = [{"object": "embedding", "index": at, "embedding": [len(text), 0.5]} for at, text in enumerate(texts)]
    return {"object": "list", "model": request["model"], "data": data, "usage": {"prompt_tokens": 3, "total_tokens": 3}}


ANSWERS = {"/v1/chat/completions": completion, "/v1/responses": response, "/v1/embeddings": embeddings}


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if request.get("stream"):
            self.stream(chunks(request))
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
        for event in [*(json.dumps(event) for event in events), "[DONE]"]:
            data = f"data: {event}\n\n".encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
