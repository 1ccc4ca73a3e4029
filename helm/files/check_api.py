"""What `helm test` asks the API: whether it is ready, wants a key, and knows the one given."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus

READY_SECONDS = 120.0
PAUSE_SECONDS = 2.0
ANSWER_SECONDS = 10.0


def ask(path: str, key: str | None = None) -> tuple[int, bytes]:
    """GET a path: the status and the body, whatever they are; 0 without an answer."""
    request = urllib.request.Request(os.environ["PILLARBOX_URL"] + path)
    if key is not None:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return 0, str(error).encode()


def check(key: str | None) -> str | None:
    """Return what is wrong, if anything is."""
    deadline = time.monotonic() + READY_SECONDS
    while (answered := ask("/readyz"))[0] != HTTPStatus.OK:
        if time.monotonic() > deadline:
            return f"not ready: {answered[0]} {answered[1].decode(errors='replace')}"
        time.sleep(PAUSE_SECONDS)  # between two looks, until ready or too late
    for name, found in json.loads(answered[1])["dependencies"].items():
        print(f"{name}: {found['status']}")
    status, _ = ask("/v1/messages?limit=1")
    if status != HTTPStatus.UNAUTHORIZED:
        return f"without a key the answer is {status}, not 401"
    if key is None:
        print("no key to try")
        return None
    status, body = ask("/v1/messages?limit=1", key)
    # 403 knows the key too: it may send, and not read.
    if status not in (HTTPStatus.OK, HTTPStatus.FORBIDDEN):
        return f"with the key: {status} {body.decode(errors='replace')}"
    print("the key is good")
    return None


if __name__ == "__main__":
    sys.exit(check(os.environ.get("PILLARBOX_API_KEY")))
