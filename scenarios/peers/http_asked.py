#!/usr/bin/python3
"""Clients of HTTP that are asked: curl and wget, each request a process, and urllib and requests of Python.

usage: http_asked.py NAME serve HOST:PORT           asked over a control socket (docs/json.md): fetch
       http_asked.py NAME plain HOST:PORT           what `rtclab serve http.server` has: 0 where all came
       http_asked.py NAME digest|basic HOST:PORT    the same of what is for users alone

The client of requests keeps its connections, and what it knows of nonces as long as one of them lasts.
"""
import http.client
import json
import os
import re
import socketserver
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

try:
    import requests
    import urllib3
except ImportError:
    requests = None

LIMIT_S = 15
UNSUPPORTED = {"kind": "unsupported"}


def answer(code, content):
    kind = "success" if 200 <= code < 300 else "redirect" if 300 <= code < 400 else "error"
    return {"kind": kind, "code": code, "content": content.decode("latin-1")}


def failed(why):
    return {"kind": "failed", "why": " ".join(str(why).split())[-200:]}


def run(words):
    """Status and the end of what it says; neither settings of this machine's nor proxies."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C"}
    done = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S + 5,
                          check=False)
    return done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1")


# ---- the clients ----

def curl(a, folder):
    body = folder + "/body"
    words = ["curl", "-q", "-s", "-S", "-g", "--path-as-is", "--http1.1", "--max-time", str(LIMIT_S), "-o", body,
             "-w", "%{http_code}"]
    if a["method"] == "HEAD":
        words += ["-I"]
    elif a["method"] != "GET":
        words += ["-X", a["method"]]
    if "body" in a:
        words += ["--data-binary", a["body"]]
    if "username" in a:
        words += ["--anyauth", "-u", a["username"] + ":" + a["password"]]
    status, out, said = run(words + ["http://" + a["server"] + a["target"]])
    if status:
        return failed(said)
    return answer(int(out), b"" if a["method"] == "HEAD" else content_of(body))


def wget(a, folder):
    body = folder + "/body"
    words = ["wget", "--no-config", "-S", "-O", body, "-t", "1", "-T", str(LIMIT_S), "--max-redirect=0",
             "--content-on-error", "--method=" + a["method"]]
    if "body" in a:
        words += ["--body-data=" + a["body"]]
    if "username" in a:
        words += ["--user=" + a["username"], "--password=" + a["password"]]
    status, _, said = run(words + ["http://" + a["server"] + a["target"]])
    codes = re.findall(r"^  HTTP/\S+ (\d+)", said, re.M)
    if status not in (0, 8) or not codes:  # 8: an error response
        return failed(said)
    return answer(int(codes[-1]), content_of(body))


def content_of(path):
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as f:
        return f.read()


def urllib_(a, _):
    url = "http://" + a["server"] + a["target"]
    handlers = [urllib.request.ProxyHandler({})]
    if "username" in a:
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        known.add_password(None, url, a["username"], a["password"])
        handlers += [urllib.request.HTTPDigestAuthHandler(known), urllib.request.HTTPBasicAuthHandler(known)]
    body = a["body"].encode() if "body" in a else None
    request = urllib.request.Request(url, body, {"Content-Type": "text/plain"} if body else {}, method=a["method"])
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=LIMIT_S) as r:
            return answer(r.status, r.read())
    except urllib.error.HTTPError as e:
        return answer(e.code, e.read())


sessions = {}


def alive_connections(s):
    """Whether a connection of the session can still be used."""
    for key in s.adapters["http://"].poolmanager.pools.keys():
        pool = s.adapters["http://"].poolmanager.pools.get(key)
        for c in list(pool.pool.queue):
            if c and c.sock and not urllib3.util.connection.is_connection_dropped(c):
                return True
    return False


def requests_(a, _):
    """Digest, or Basic where the user wants that."""
    known = sessions.get(a["server"])
    if not known or not alive_connections(known):
        known = sessions[a["server"]] = requests.Session()
        known.trust_env = False
    if "username" in a and not known.auth:
        known.auth = requests.auth.HTTPDigestAuth(a["username"], a["password"])
        if a.get("scheme") == "basic":
            known.auth = (a["username"], a["password"])
    headers = {"Content-Type": "text/plain"} if "body" in a else {}
    r = known.request(a["method"], "http://" + a["server"] + a["target"], data=a.get("body"), headers=headers,
                      timeout=LIMIT_S, allow_redirects=False)
    return answer(r.status_code, r.content)


CLIENTS = {"curl": curl, "wget": wget, "urllib": urllib_, "requests": requests_}


def fetch(client, a):
    errors = (OSError, http.client.HTTPException, ValueError, subprocess.TimeoutExpired)
    with tempfile.TemporaryDirectory() as folder:
        try:
            return client(a, folder)
        except errors as e:  # those of requests and urllib are kinds of OSError
            return failed(repr(e))


# ---- asked ----

class Asked(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        if not line:
            return
        a = json.loads(line)
        known = {"verb", "transport", "server", "method", "target", "body", "username", "password"}
        good = a["verb"] == "fetch" and a["transport"] == "tcp" and set(a) <= known
        said = fetch(self.server.client, a) if good else UNSUPPORTED
        self.wfile.write((json.dumps(said) + "\n").encode())


def serve(client, where):
    host, port = where.rsplit(":", 1)
    # what requests knows of nonces belongs to a thread
    kind = socketserver.TCPServer if client is requests_ else socketserver.ThreadingTCPServer
    kind.allow_reuse_address = True
    with kind((host, int(port)), Asked) as server:
        server.client, server.daemon_threads = client, True
        server.serve_forever()


# ---- at our server ----

ALICE = {"username": "alice", "password": "alice-secret"}
PLAIN = (("GET", "/", None, 200, "hello from rtclab\n"),
         ("GET", "/chunked", None, 200, "hello in chunks of five octets\n"),
         ("GET", "/close", None, 200, "hello until the end\n"), ("GET", "/empty", None, 204, ""),
         ("HEAD", "/", None, 200, ""), ("POST", "/echo", "hello", 200, "hello"),
         ("POST", "/echo", "x" * 100000, 200, "x" * 100000), ("PUT", "/nowhere", "x", 404, "404 Not Found\n"))
DIGEST = (("GET", "/digest/", None, 200, "hello, digest\n"), ("POST", "/digest/echo", "hello", 200, "hello"),
          ("GET", "/digest/", None, 200, "hello, digest\n"))
BASIC = (("GET", "/basic/", None, 200, "hello, basic\n"), ("HEAD", "/basic/", None, 200, ""))


def at_ours(client, server, rows, user):
    bad = 0
    for method, target, body, code, content in rows:
        a = dict({"server": server, "method": method, "target": target}, **user)
        if body:
            a["body"] = body
        r = fetch(client, a)
        if r.get("code") != code or r["content"] != content:
            bad += 1
            print(method, target, "gave", str(r)[:200])
    print(len(rows), "requests,", bad, "not as they should be")
    return 1 if bad else 0


def main():
    name, verb, where = sys.argv[1:]
    if name == "requests" and not requests:
        return 77
    client = CLIENTS[name]
    if verb == "serve":
        return serve(client, where)
    rows, scheme = {"plain": (PLAIN, None), "digest": (DIGEST, "digest"), "basic": (BASIC, "basic")}[verb]
    return at_ours(client, where, rows, dict(ALICE, scheme=scheme) if scheme else {})


sys.exit(main())
