"""Validate a SARIF log: against the 2.1.0 schema where one is given, and by what the schema cannot say.

usage: check_sarif.py LOG [SCHEMA]; prints counts, or what is wrong, and ends with 1.
"""
import json
import re
import sys

log = json.load(open(sys.argv[1], encoding="utf-8"))
wrong = []
if len(sys.argv) > 2:
    import jsonschema

    schema = json.load(open(sys.argv[2], encoding="utf-8"))
    check = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    for e in check.iter_errors(log):
        wrong.append("%s: %s" % ("/".join(map(str, e.path)), e.message[:200]))

if log.get("version") != "2.1.0" or len(log["runs"]) != 1:
    wrong.append("not one run of version 2.1.0")
run = log["runs"][0]
rules = run["tool"]["driver"]["rules"]
if len({r["id"] for r in rules}) != len(rules):
    wrong.append("a rule stands twice")
for r in rules:
    if not re.fullmatch(r"https://www\.rfc-editor\.org/rfc/rfc\d+#section-[\d.]+", r.get("helpUri", "https://www.rfc-editor.org/rfc/rfc1#section-1")):
        wrong.append("helpUri " + r["helpUri"])
seen = set()
kinds = {}
for r in run["results"]:
    if rules[r["ruleIndex"]]["id"] != r["ruleId"]:
        wrong.append("ruleIndex of " + r["ruleId"])
    if (r["kind"] == "fail") == (r["level"] == "none"):  # 3.27.10
        wrong.append("kind %s with level %s" % (r["kind"], r["level"]))
    for place in r.get("locations", []) + r.get("relatedLocations", []):
        uri = place.get("physicalLocation", {}).get("artifactLocation", {}).get("uri", "x")
        if re.search(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]", uri):
            wrong.append("uri " + uri)
    for name, value in r["partialFingerprints"].items():
        if (name, value) in seen:
            wrong.append("a fingerprint stands twice: " + value)
        seen.add((name, value))
    key = r["kind"] + "/" + r["level"] + ("/suppressed" if r.get("suppressions") else "")
    kinds[key] = kinds.get(key, 0) + 1
note = run["invocations"][0]
for w in wrong:
    print(w)
print("results", " ".join("%s:%d" % k for k in sorted(kinds.items())), "rules", len(rules),
      "execution", len(note.get("toolExecutionNotifications", [])),
      "configuration", len(note.get("toolConfigurationNotifications", [])),
      "successful", note["executionSuccessful"])
sys.exit(1 if wrong else 0)
