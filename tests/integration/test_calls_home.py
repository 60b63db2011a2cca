"""Nothing calls home: no process of Like-Opt ever reaches out of the machine by itself."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from tests.services.client import Client
from tests.services.likeopt import likeopt_server

DOCUMENTS = Path(__file__).resolve().parents[1] / "fixtures" / "documents"
# connect(7, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
ADDRESS = re.compile(r'sa_family=AF_INET6?, .*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")')
OURS = re.compile(r"127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+")


def test_no_process_connects_to_anything_but_this_machine(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    assert strace, "strace is one of the packages that scripts/system_packages.sh installs"
    trace = tmp_path / "trace"
    # -D: the server stays our child, strace becomes its attendant.
    watched = (strace, "-D", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(trace))
    command = (*watched, sys.executable, "-m", "backend.app")
    # With the default settings: the look for an Ollama is on.
    with likeopt_server(tmp_path / "data", command=command, LIKEOPT_OLLAMA_URL="http://127.0.0.1:11434") as server:
        client = Client(server.url)
        client.register()
        client.upload(*(DOCUMENTS / name for name in ("english.pdf", "korean.pdf", "workshop.docx", "bread.html")))
        assert {document["status"] for document in client.indexed().values()} == {"ready"}
        assert client.ask("What must every guest do?").events[-1] == "done"
        assert client.ask("이 문서는 무엇에 대한 것인가요?").events[-1] == "done"
        client.call("GET", "/health/ready")
        client.close()
        assert server.terminate() == 0
    lines = trace.read_text("utf-8", "replace").splitlines()
    addresses = {one or other for line in lines for one, other in ADDRESS.findall(line)}
    assert addresses, "the trace saw nothing: not even Chroma being asked"
    assert {address for address in addresses if not OURS.fullmatch(address)} == set()
