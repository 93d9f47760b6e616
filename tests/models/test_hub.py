"""Hub models: fetched from a hub on this machine, safetensors and tokenizer alone, then cached."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

COMMIT = hashlib.sha1(b"the one commit").hexdigest()
NAME = "some-org/tiny"
LOAD = """
import json, sys
from audit.models.causal import load
from audit.models.contract import Ask, Scored
from audit.records.runs import ModelRequest
model = load(
    ModelRequest(reference=sys.argv[1], offline=sys.argv[2] == "offline"),
    date="2026-07-01", threads=1,
)
(answer,) = model.score([Ask(("See her?",), "Answer:", (("yes",), ("no",)))])
print(json.dumps([model.identity.name, model.identity.revision, isinstance(answer, Scored)]))
"""


class Hub(ThreadingHTTPServer):
    """A hub with one model; it keeps the paths that it was asked for."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Answering)
        self.folder, self.asked = folder, []

    def content(self, path):
        """Return what lies under a path, or None."""
        files = {one.name: one for one in self.folder.iterdir()}
        if path.startswith(f"/api/models/{NAME}/tree/"):
            sizes = {name: file.stat().st_size for name, file in sorted(files.items())}
            tree = [{"type": "file", "path": f, "size": n, "oid": "0"} for f, n in sizes.items()]
            return json.dumps(tree).encode()
        if path.startswith(f"/api/models/{NAME}"):
            siblings = [{"rfilename": name} for name in sorted(files)]
            return json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings}).encode()
        found = files.get(path.removeprefix(f"/{NAME}/resolve/{COMMIT}/"))
        return found.read_bytes() if found else None


class Answering(BaseHTTPRequestHandler):
    """Answer one request as a hub does."""

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self.wfile.write(self._answer())

    def log_message(self, *_):
        pass

    def _answer(self):
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        content = self.server.content(path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.send_header("ETag", f'"{hashlib.sha256(content or b"").hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        return content or b""


@pytest.fixture
def hub(make_folder):
    """The hub, running; in its model's folder lie files that must never be fetched."""
    folder = make_folder("llama")
    (folder / "pytorch_model.bin").write_bytes(b"can run code when opened")
    (folder / "modeling_tiny.py").write_text("raise SystemExit('code of the model was run')")
    with Hub(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def loaded(server, cache, reference, access):
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "PYTHONPATH")}
    return subprocess.run(
        [sys.executable, "-c", LOAD, reference, access],
        env=kept
        | {
            "HF_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}",
            "HF_HOME": str(cache),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_hub_model_is_fetched_without_code_and_found_again_offline(hub, tmp_path):
    done = loaded(hub, tmp_path, f"hf:{NAME}@main", "online")
    assert json.loads(done.stdout) == [NAME, COMMIT, True], done.stderr
    fetched = {path.rpartition("/")[2] for path in hub.asked if "/resolve/" in path}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= fetched
    assert not {"pytorch_model.bin", "modeling_tiny.py"} & fetched

    hub.asked.clear()
    again = loaded(hub, tmp_path, NAME, "offline")
    assert json.loads(again.stdout) == [NAME, COMMIT, True], again.stderr
    assert hub.asked == []


def test_a_model_that_the_hub_lacks_is_one_line(hub, tmp_path):
    done = loaded(hub, tmp_path, "some-org/absent", "online")
    assert done.returncode != 0
    assert "some-org/absent: neither a folder here nor fetched from the hub" in done.stderr
