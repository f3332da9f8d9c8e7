"""Cells and the other requests of a client, against the real kernel: what Jupyter's conformance suite leaves out."""

import re

import kernel_under_test as kernel
from kernel_under_test import LONG, reply_to, run, text_of, until_idle


class Execution(kernel.KernelCase):
    def test_order_of_messages(self):
        msg_id = self.kc.execute('console.log("a"); display.html("<b>b</b>"); console.error("c"); 1 + 1')
        reply = reply_to(self.kc, msg_id)
        published = until_idle(self.kc, msg_id)
        self.assertEqual(
            [m["msg_type"] for m in published],
            ["status", "execute_input", "stream", "display_data", "stream", "execute_result", "status"],
        )
        self.assertEqual(published[0]["content"]["execution_state"], "busy")
        self.assertEqual(reply["content"]["execution_count"], published[1]["content"]["execution_count"])
        self.assertIsInstance(published[3]["content"]["transient"], dict)

    def test_errors(self):
        for code, ename in [
            ('throw new RangeError("no")', "RangeError"),
            ("throw 7", None),
            ("throw null", None),
            ("const = ", None),
            ("await Promise.reject(new TypeError('later'))", "TypeError"),
        ]:
            with self.subTest(code=code):
                reply, outputs = run(self.kc, code)
                self.assertEqual(reply["status"], "error")
                self.assertEqual([m["msg_type"] for m in outputs], ["error"])
                error = outputs[0]["content"]
                self.assertEqual(
                    [error[k] for k in ("ename", "evalue", "traceback")],
                    [reply[k] for k in ("ename", "evalue", "traceback")],
                )
                if ename:
                    self.assertEqual(error["ename"], ename)
        self.assertEqual(self.value("1 + 1"), "2")

    def test_silent_and_store_history(self):
        run(self.kc, "let counted = 1")
        before = run(self.kc, "counted")[0]["execution_count"]
        reply, outputs = run(self.kc, 'console.log("x"); 5', silent=True)
        self.assertEqual((reply["status"], outputs), ("ok", []))
        reply, outputs = run(self.kc, "counted + 1", store_history=False)
        self.assertEqual(reply["execution_count"], before)
        self.assertEqual([m["msg_type"] for m in outputs], ["execute_result"])
        self.assertEqual(run(self.kc, "counted")[0]["execution_count"], before + 1)

    def test_stop_on_error(self):
        # Half a second: the others wait behind it by then.
        late = 'await new Promise((done) => setTimeout(done, 500));\nthrow new Error("stop")'
        ids = [self.kc.execute(code) for code in (late, "1", "2")]
        statuses = [reply_to(self.kc, msg_id)["content"]["status"] for msg_id in ids]
        self.assertEqual(statuses, ["error", "aborted", "aborted"])
        until_idle(self.kc, ids[-1])
        self.assertEqual(self.value("3"), "3")
        ids = [self.kc.execute(code, stop_on_error=False) for code in ('throw new Error("go on")', "1")]
        self.assertEqual([reply_to(self.kc, msg_id)["content"]["status"] for msg_id in ids], ["error", "ok"])

    def test_user_expressions(self):
        reply, _ = run(self.kc, "const given = 20", user_expressions={"double": "given * 2", "bad": "nowhere"})
        self.assertEqual(reply["user_expressions"]["double"]["data"]["text/plain"], "40")
        self.assertEqual(reply["user_expressions"]["bad"]["status"], "error")

    def test_update_and_clear(self):
        code = 'display.text("one"); display.clear?.(); 1'
        self.assertEqual(run(self.kc, code)[0]["status"], "ok")

    def test_a_hundred_thousand_lines(self):
        _, outputs = run(self.kc, "for (let i = 0; i < 100000; i++) console.log(i)")
        self.assertEqual(text_of(outputs), "".join(f"{i}\n" for i in range(100000)))
        self.assertLess(len(outputs), 2000)

    def test_cursor_in_code_points(self):
        run(self.kc, "const astral = {field: 1}")
        code = 'const s = "😀😀"; astral.fi'
        reply = reply_to(self.kc, self.kc.complete(code, len(code)))["content"]
        self.assertIn("field", [m.lstrip(".") for m in reply["matches"]])
        self.assertEqual(code[reply["cursor_start"] : reply["cursor_end"]].lstrip("."), "fi")
        types = reply["metadata"]["_jupyter_types_experimental"]
        self.assertEqual([t["text"] for t in types], reply["matches"])
        code = '"😀😀😀"; astral'
        found = reply_to(self.kc, self.kc.inspect(code, len(code)))["content"]
        self.assertTrue(found["found"])
        self.assertIn("field", found["data"]["text/plain"])

    def test_history(self):
        for code in ("'h1'", "'h2'", "'h1'"):
            run(self.kc, code)
        tail = reply_to(self.kc, self.kc.history(hist_access_type="tail", n=3))["content"]["history"]
        self.assertEqual([entry[2] for entry in tail], ["'h1'", "'h2'", "'h1'"])
        session, line, _ = tail[0]
        ranged = self.kc.history(hist_access_type="range", session=0, start=line, stop=line + 2, output=True)
        self.assertEqual(
            reply_to(self.kc, ranged)["content"]["history"],
            [[session, line, ["'h1'", "'h1'"]], [session, line + 1, ["'h2'", "'h2'"]]],
        )
        unique = self.kc.history(hist_access_type="search", pattern="'h?'", unique=True)
        self.assertEqual([e[2] for e in reply_to(self.kc, unique)["content"]["history"]], ["'h2'", "'h1'"])

    def test_debugger_is_refused(self):
        msg = self.kc.session.msg("debug_request", {"type": "request", "seq": 1, "command": "initialize"})
        self.kc.control_channel.send(msg)
        reply = reply_to(self.kc, msg["header"]["msg_id"], "control")
        self.assertEqual((reply["msg_type"], reply["content"]["success"]), ("debug_reply", False))

    def test_types_of_requests_nobody_knows(self):
        msg = self.kc.session.msg("make_coffee_request", {})
        self.kc.shell_channel.send(msg)
        states = [m["content"]["execution_state"] for m in until_idle(self.kc, msg["header"]["msg_id"])]
        self.assertEqual(states, ["busy", "idle"])

    def test_silent_cells_that_fail(self):
        reply, outputs = run(self.kc, 'throw new Error("quiet")', silent=True)
        self.assertEqual((reply["status"], reply["ename"], outputs), ("error", "Error", []))
        self.assertEqual(colourless(reply["traceback"])[-1], "    at <cell>:1:7")

    def test_cells_that_are_not_stored_and_fail(self):
        reply, outputs = run(self.kc, "const n: number = nothing;", store_history=False)
        self.assertEqual([m["msg_type"] for m in outputs][-1], "error")
        self.assertEqual(colourless(reply["traceback"])[-1], "    at <cell>:1:19")


def colourless(lines):
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines)).split("\n")
