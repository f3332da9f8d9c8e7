"""Runs the test cases of a module and prints what became of each, as JSON: `report.py MODULE [MODULE ...]`."""

import importlib
import json
import sys
import unittest


class Report(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.passed = []
        self.failed = {}

    def startTest(self, test):
        super().startTest(test)
        print(f"... {test}", file=sys.stderr, flush=True)

    def addSuccess(self, test):
        self.passed.append(str(test))

    def addError(self, test, err):
        super().addError(test, err)
        self.failed[str(test)] = self._exc_info_to_string(err, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed[str(test)] = self._exc_info_to_string(err, test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed[str(subtest)] = self._exc_info_to_string(err, test)


suite = unittest.TestSuite(
    unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name)) for name in sys.argv[1:]
)
report = Report()
suite.run(report)
skipped = {str(test): reason for test, reason in report.skipped}
print(json.dumps({"passed": report.passed, "failed": report.failed, "skipped": skipped}))
