"""Open pages in headless Chromium and use them as a reader would; print what is wrong, end with 1.

usage: browser.py one PAGE | compare PAGE | shot PAGE PNG light|dark WIDTH HEIGHT [SCRIPT]

Chromium is driven over its debugging pipe: no port is opened, and no library is needed.
"""
import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile


class Page:
    def __init__(self, path, dark=False, width=1240, height=1000):
        down, self.out, up, back = (fcntl.fcntl(f, fcntl.F_DUPFD_CLOEXEC, 20) for f in os.pipe() + os.pipe())
        self.folder = tempfile.mkdtemp()
        words = ["chromium", "--headless=new", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
                 "--disable-dev-shm-usage", "--user-data-dir=" + self.folder, "about:blank"]
        if os.geteuid() == 0:
            words.insert(1, "--no-sandbox")

        def pipes():
            os.dup2(down, 3)
            os.dup2(back, 4)

        self.process = subprocess.Popen(words, preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(down)
        os.close(back)
        self.answers = os.fdopen(up, "rb")
        self.number, self.session, self.events = 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url="file://" + os.path.realpath(path))
        while not any(e["method"] == "Page.loadEventFired" for e in self.events):
            self.events.append(self.read())

    def read(self):
        text = bytearray()
        while (c := self.answers.read(1)) not in (b"\0", b""):
            text += c
        if not text:
            raise SystemExit("chromium has ended")
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def js(self, expression):
        r = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in r:
            raise RuntimeError(r["exceptionDetails"])
        return r["result"].get("value")

    def key(self, key):
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def close(self):
        try:
            self.call("Browser.close")
        except SystemExit:
            pass
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


wrong = []


def same(what, got, want):
    if got != want:
        wrong.append("%s: %r, not %r" % (what, got, want))


SHOWN = "Array.from(document.querySelectorAll('.case')).filter(c => c.offsetParent !== null).length"
ROWS = "Array.from(document.querySelectorAll('main .matrix tbody tr')).filter(r => r.offsetParent !== null).length"
FIND = "(function (s) { var f = document.getElementById('find'); f.value = s; f.dispatchEvent(new Event('input')); })"
# the least contrast of text with what is behind it, over all text that is shown (WCAG 1.4.3: 4.5)
CONTRAST = """(function () {
    function lum(c) { return c.slice(0, 3).map(function (v) { v /= 255;
        return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); })
        .reduce(function (s, v, i) { return s + v * [0.2126, 0.7152, 0.0722][i]; }, 0); }
    function parts(s) { return s.match(/[\\d.]+/g).map(Number); }
    var least = [99, ''];
    document.querySelectorAll('body *').forEach(function (e) {
        if (!e.offsetParent || !Array.from(e.childNodes).some(function (n) {
            return n.nodeType === 3 && n.textContent.trim(); })) { return; }
        var back = null;
        for (var b = e; b && !back; b = b.parentElement) {
            var c = parts(getComputedStyle(b).backgroundColor);
            back = c.length === 3 || c[3] === 1 ? c : null;
        }
        var x = lum(parts(getComputedStyle(e).color)), y = lum(back || [255, 255, 255]);
        var ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
        if (ratio < least[0]) { least = [ratio, e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 20)]; }
    });
    return least;
}())"""
# controls without a name, headings and table heads that a screen reader needs
NAMES = """Array.from(document.querySelectorAll('button, input, a, summary, svg')).filter(function (e) {
    return !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label')); }).length"""


def common(path):
    for dark in (False, True):
        p = Page(path, dark)
        p.js("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        ratio, where = p.js(CONTRAST)
        if ratio < 4.5:
            wrong.append("contrast of %.2f at %s, %s" % (ratio, where, "dark" if dark else "light"))
        same("width beyond the window", p.js("document.documentElement.scrollWidth > innerWidth"), False)
        same("controls without a name", p.js(NAMES), 0)
        p.close()


def noise(p, path):
    for e in p.events:
        if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"):
            wrong.append("the console: " + json.dumps(e["params"])[:300])
        if e["method"] == "Network.requestWillBeSent":
            url = e["params"]["request"]["url"]
            if not url.startswith("data:") and url != "file://" + os.path.realpath(path):
                wrong.append("a request for " + url)


def use(path, total, failed, clause, clause_cases, differs):
    common(path)
    p = Page(path)
    same("cases", p.js(SHOWN), total)
    p.js(FIND + "('" + clause + "')")
    same("cases with " + clause, p.js(SHOWN), clause_cases)
    same("rows with " + clause, p.js(ROWS), 1)
    p.js(FIND + "('no such words')")
    same("cases with no such words", p.js(SHOWN), 0)
    same("what is said", p.js("document.getElementById('shown').textContent"), "0 of %d" % total)
    p.js(FIND + "('')")
    p.js("document.querySelector('.chip[data-status=fail]').click()")
    same("cases that fail", p.js(SHOWN), failed)
    same("pressed", p.js("document.querySelector('.chip[aria-pressed=true]').dataset.status"), "fail")
    if differs is not None:
        p.js("document.querySelector('.chip[data-status=differs]').click()")
        same("cases that differ", p.js(SHOWN), differs)
    p.js("document.querySelector('.chip[data-status=\"\"]').click()")
    p.js("document.getElementById('notmet').click()")
    same("all rows do not pass", p.js("Array.from(document.querySelectorAll('main .matrix tbody tr')).filter("
                                     "r => r.offsetParent && r.dataset.verdict === 'pass').length"), 0)
    # keys
    p.key("/")
    same("focus after /", p.js("document.activeElement.id"), "find")
    for c in "-001":
        p.key(c)
    if p.js(SHOWN) >= total:
        wrong.append("typing does not search")
    p.key("Escape")
    same("after Escape", p.js(SHOWN), total)
    p.key("j")
    p.key("j")
    same("focus after j j", p.js("Array.from(document.querySelectorAll('.case')).indexOf("
                                 "document.activeElement.closest('.case'))"), 1)
    # theme
    paper = "getComputedStyle(document.body).backgroundColor"
    before = p.js(paper)
    p.js("document.getElementById('theme').click(); document.getElementById('theme').click()")
    same("theme", p.js("document.documentElement.dataset.theme"), "dark")
    if p.js(paper) == before:
        wrong.append("the dark theme changes nothing")
    p.js("document.getElementById('theme').click()")
    same("theme of the system", p.js(paper), before)
    noise(p, path)
    return p


def one(path):
    p = use(path, 10, 1, "SPEC1:3.2#1", 1, None)
    # a link from the matrix unfolds the case, one from the ladder the message
    p.js("document.querySelector('main .matrix .links a').click()")
    same("the case of a link is open", p.js("document.getElementById(location.hash.slice(1)).open"), True)
    p.js("document.querySelector('.case.s-fail').open = true; document.querySelector('.case.s-fail svg a')"
         ".dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))")
    same("the message of a link is open", p.js("document.querySelector('.message').closest('.case') !== null && "
                                              "document.querySelectorAll('.message[open]').length"), 1)
    same("marked octets", p.js("Array.from(document.querySelectorAll('.octets mark')).map(m => m.textContent).join(' ')"),
         "00 20 00 08 .   . .")
    noise(p, path)
    p.close()


def compare(path):
    p = use(path, 10, 3, "SPEC1:3.2#1", 1, 2)
    p.js("document.querySelector('.case.differs').open = true")
    same("runs behind a case", p.js("document.querySelectorAll('.case.differs[open] .behind').length"), 2)
    same("columns", p.js("document.querySelectorAll('#matrix thead th').length"), 5)
    noise(p, path)
    p.close()


if sys.argv[1] == "shot":
    page = Page(sys.argv[2], sys.argv[4] == "dark", int(sys.argv[5]), int(sys.argv[6]))
    if len(sys.argv) > 7:
        page.js(sys.argv[7])
    open(sys.argv[3], "wb").write(base64.b64decode(page.call("Page.captureScreenshot", format="png")["data"]))
    page.close()
else:
    {"one": one, "compare": compare}[sys.argv[1]](sys.argv[2])
for w in wrong:
    print(w)
sys.exit(1 if wrong else 0)
