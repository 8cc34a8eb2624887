"""Follow Scrutineer: keep a copy of some lists in a file, and print what is new in it.

SCRUTINEER_AUTHORIZATION="Bearer ..." follow_changes.py https://host copy.json races laps
"""

import http.client
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

site, copy, *resources = sys.argv[1:]
headers = {"Authorization": os.environ["SCRUTINEER_AUTHORIZATION"]}
EMPTY = '{"tokens": {}, "rows": {}}'


def page_at(address):
    request = urllib.request.Request(address, headers=headers)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # The same page again: a walk that began anew would come to the rate again.
            if error.code not in (429, 503):
                raise
            time.sleep(float(error.headers.get("Retry-After", "10")))


def changes(resource, tokens):
    address = f"{site}/api/v1/{resource}/?changed_since={tokens.get(resource, 0)}"
    while address:
        page = page_at(address)
        yield from page["results"]
        tokens[resource], address = page["as_of"], page["next"]


def follow(tokens, rows):
    for gone in changes("removals", tokens):
        if rows.pop(" ".join(map(str, [gone["resource"], *gone["key"]])), None):
            print(json.dumps(["removals", gone]), flush=True)
    for resource in resources:
        for row in changes(resource, tokens):
            own = [row["id"]] if "id" in row else [row["entrant"], row["number"]]
            key = " ".join(map(str, [resource, *own]))
            # One that changed and changed back meanwhile is as it was.
            if rows.get(key) != row:
                rows[key] = row
                print(json.dumps([resource, row]), flush=True)
    pathlib.Path(copy + ".new").write_text(json.dumps({"tokens": tokens, "rows": rows}))
    os.replace(copy + ".new", copy)


while True:
    held = pathlib.Path(copy).read_text() if os.path.exists(copy) else EMPTY
    try:
        follow(**json.loads(held))
    except urllib.error.HTTPError as error:
        if error.code == 410:
            pathlib.Path(copy).write_text(EMPTY)
        elif error.code < 500:
            raise
    except (OSError, http.client.HTTPException) as error:
        print(f"The site is away: {error}", file=sys.stderr)
    time.sleep(float(os.environ.get("SECONDS", "10")))
