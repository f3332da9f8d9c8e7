"""Jupyter's conformance suite, whole, for both kernelspecs."""

import inspect
import unittest

import jupyter_kernel_test
import kernel_under_test

# Debian's suite (0.4.5) calls methods through a `run_sync` that newer jupyter_core refuses for methods that are
# synchronous already, as those of a blocking client are.
if hasattr(jupyter_kernel_test, "run_sync"):
    run_sync = jupyter_kernel_test.run_sync
    jupyter_kernel_test.run_sync = lambda f: run_sync(f) if inspect.iscoroutinefunction(f) else f

ERROR = 'throw new TypeError("no")'
SHARED = {
    "hello": 'console.log("hello, world")',
    "stderr": 'console.error("oh")',
    "page": "Math.max?",
    "error": ERROR,
    "results": [
        {"code": "6 * 7", "result": "42"},
        {"code": '"a" + 1', "result": "'a1'"},
        {"code": "[1, 2]", "result": "[ 1, 2 ]"},
    ],
    "displays": [
        {"code": 'display.html("<b>bold</b>")', "mime": "text/html"},
        {"code": 'display.svg("<svg xmlns=\\"http://www.w3.org/2000/svg\\"/>")', "mime": "image/svg+xml"},
        {"code": 'display.png(Buffer.from("iVBORw0KGgo=", "base64"))', "mime": "image/png"},
    ],
    "clear": "display.clear()",
}


class OurKernel(jupyter_kernel_test.KernelTests):
    language = ""

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = kernel_under_test.start(cls.language)

    @classmethod
    def tearDownClass(cls):
        cls.kc.stop_channels()
        cls.km.shutdown_kernel()

    supported_history_operations = ("tail", "range", "search")


class TypeScript(OurKernel):
    language = "typescript"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = SHARED["hello"]
    code_stderr = SHARED["stderr"]
    completion_samples = [
        {"text": "parseFl", "matches": {"parseFloat"}},
        {"text": "JSON.strin", "matches": {"stringify"}},
    ]
    complete_code_samples = ["1", "const x = {a: 1}", "for (const y of [1]) { y }"]
    incomplete_code_samples = ["const x = {", "function f() {", "`a"]
    invalid_code_samples = ["const = 1", "}", "1 +* 2"]
    code_page_something = SHARED["page"]
    code_generate_error = SHARED["error"]
    code_execute_result = SHARED["results"]
    code_history_pattern = "6 [*] ?"
    code_display_data = SHARED["displays"]
    code_inspect_sample = "parseInt"
    code_clear_output = SHARED["clear"]


def ts(code):
    return "%%ts\n" + code


class Nibble(OurKernel):
    language = "nibble"
    language_name = "nibble"
    file_extension = ".nib"
    code_hello_world = ts(SHARED["hello"])
    code_stderr = ts(SHARED["stderr"])
    completion_samples = [{"text": "expe", "matches": {"experiment"}}]
    complete_code_samples = ["param n = 3", "experiment e {\n}"]
    incomplete_code_samples = ["experiment e {", "experiment e {\n  try static {"]
    invalid_code_samples = ["param = = 3", "}"]
    code_page_something = "experiment?"
    code_generate_error = ts(SHARED["error"])
    code_execute_result = [{**sample, "code": ts(sample["code"])} for sample in SHARED["results"]]
    code_display_data = [{**sample, "code": ts(sample["code"])} for sample in SHARED["displays"]]
    code_history_pattern = "%%ts?6 [*] ?"  # the other kernelspec shares the history
    code_inspect_sample = "experiment"
    code_clear_output = ts(SHARED["clear"])


# The base classes are no tests of their own.
def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (TypeScript, Nibble))
