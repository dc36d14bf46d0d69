"""Read the YAML diagnostics of a TAP file with PyYAML; print the clauses of each test point."""
import sys

import yaml

block, point = None, ""
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("not ok ") or line.startswith("ok "):
        point = line.split(" - ")[1].split(":")[0]
    elif line == "  ---\n":
        block = []
    elif line == "  ...\n":
        y = yaml.safe_load("".join(block))
        print(point, y["severity"], [c["clause"] + " " + c.get("actual", "") for c in y.get("checks", [])])
        block = None
    elif block is not None:
        block.append(line)
