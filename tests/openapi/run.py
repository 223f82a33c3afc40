"""Tries the API by its own description: starts the server, signs in, reads its calendars with another library,
and runs schemathesis.

Usage: run.py SERVER [ARGUMENT ...], where SERVER is the built program, and arguments go to
schemathesis.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from email import message_from_bytes, policy
from pathlib import Path

import calendars

HERE = Path(__file__).resolve().parent
BASE = "/api/v1"
START_SECONDS = 30
PLENTY = "1000000"


def main():
    server, *arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="job-hunt-schema-") as folder:
        folder = Path(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        url = f"http://{address}"
        settings = {
            **os.environ,
            "DATABASE_URL": f"sqlite:{folder / 'hunt.db'}",
            "DATA_DIR": str(folder),
            "LEPTOS_SITE_ADDR": address,
            "LIMIT_SIGN_IN_MAILS_PER_ADDRESS": PLENTY,
            "LIMIT_SIGN_IN_MAILS_PER_CLIENT": PLENTY,
            "LIMIT_VERIFICATIONS_PER_CLIENT": PLENTY,
            "LIMIT_REMINDER_WRITES_PER_USER": PLENTY,
            "LIMIT_REMINDER_WRITES_PER_CLIENT": PLENTY,
            "MAIL_URL": f"file:{folder / 'mail'}",
            "PUBLIC_URL": url,
            "RUST_LOG": "info,sqlx=error",
        }
        log = folder / "server.log"
        with log.open("wb") as output:
            program = subprocess.Popen(
                [Path(server).resolve(), "serve"], cwd=folder, env=settings, stdout=output, stderr=output
            )
        try:
            until_ready(program, url, log)
            token, _ = sign_in(url, folder / "mail", "calendars@example.com")
            calendars.check(f"{url}{BASE}", token)
            status = schemathesis(url, folder, arguments)
            if status != 0:
                complaints = [line for line in log.read_text().splitlines() if re.search(r"\b(ERROR|panicked)\b", line)]
                print("\n".join(complaints[-20:]), file=sys.stderr)
        finally:
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(timeout=15)
            except subprocess.TimeoutExpired:
                program.kill()
    sys.exit(status)


def until_ready(program, url, log):
    deadline = time.monotonic() + START_SECONDS
    while program.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/readyz"):
                return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"the server did not get ready:\n{log.read_text()}")


def schemathesis(url, folder, arguments):
    mails = folder / "mail"
    token, me = sign_in(url, mails)
    spare, _ = sign_in(url, mails)
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
        "TOKEN": token,
        "SPARE_TOKEN": spare,
        "API": f"{url}{BASE}",
        "USER_ID": me,
    }
    program = Path(sys.executable).parent / "st"
    command = [program, "--config-file", HERE / "schemathesis.toml", "run", f"{url}{BASE}/openapi.json", *arguments]
    # What it remembers of a run goes with the folder: the next one is the same.
    return subprocess.run(command, cwd=folder, env=environment).returncode


def sign_in(url, mails, email="jane@example.com"):
    """Signs in by the link of a mail. Returns the session's token, and whose it is."""
    post(url, "/auth/magic-link", {"email": email})
    newest = max(mails.glob("*.eml"))
    mail = message_from_bytes(newest.read_bytes(), policy=policy.default)
    text = mail.get_body(("plain",)).get_content()
    token = re.search(r"/sign-in/verify\?token=([\w-]+)", text).group(1)
    answer, headers = post(url, "/auth/magic-link/verify", {"token": token})
    cookies = " ".join(headers.get_all("set-cookie"))
    return re.search(r"jht_session=([^;]+)", cookies).group(1), answer["user"]["id"]


def post(url, path, body):
    request = urllib.request.Request(
        f"{url}{BASE}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        text = response.read()
        return json.loads(text) if text else None, response.headers


if __name__ == "__main__":
    main()
