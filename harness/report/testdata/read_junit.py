"""Print what python3-junitparser reads from a JUnit file: the counts, then a line a test."""
import sys

from junitparser import JUnitXml

xml = JUnitXml.fromfile(sys.argv[1])
print("tests %d failures %d errors %d skipped %d" % (xml.tests, xml.failures, xml.errors, xml.skipped))
for suite in xml:
    own = [case for case in suite]
    assert suite.tests == len(own), suite.name
    for case in own:
        kinds = [type(r).__name__ for r in case.result] or ["-"]
        print(case.classname, case.name, ",".join(kinds), "%.6f" % case.time)
        for r in case.result:
            assert r.message, case.name
