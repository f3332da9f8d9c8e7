"""input(): questions of cells to the person at the client."""

import kernel_under_test as kernel
from kernel_under_test import LONG, reply_to, run, until_idle


class Questions(kernel.KernelCase):
    def ask(self, code):
        """Runs a cell that asks; its id and the question."""
        msg_id = self.kc.execute(code, allow_stdin=True)
        question = self.kc.get_stdin_msg(timeout=LONG)
        self.assertEqual(question["msg_type"], "input_request")
        self.assertEqual(question["parent_header"]["msg_id"], msg_id)
        return msg_id, question

    def answer(self, question, value):
        """Answers one question by name; jupyter_client's own `input` names none."""
        msg = self.kc.session.msg("input_reply", {"status": "ok", "value": value}, parent=question)
        self.kc.session.send(self.kc.stdin_channel.socket, msg)

    def result(self, msg_id):
        self.assertEqual(reply_to(self.kc, msg_id)["content"]["status"], "ok")
        published = until_idle(self.kc, msg_id)
        return [m["content"]["data"]["text/plain"] for m in published if m["msg_type"] == "execute_result"][0]

    def test_answered(self):
        msg_id, question = self.ask('const who = await input("name? "); who + "!"')
        self.assertEqual(question["content"], {"prompt": "name? ", "password": False})
        self.kc.input("Ada 😀")
        self.assertEqual(self.result(msg_id), "'Ada 😀!'")

    def test_password(self):
        msg_id, question = self.ask('(await input("secret: ", { password: true })).length')
        self.assertEqual(question["content"], {"prompt": "secret: ", "password": True})
        self.answer(question, "swordfish")
        self.assertEqual(self.result(msg_id), "9")

    def test_two_questions(self):
        msg_id, first = self.ask('const a = await input("a"); const b = await input("b"); [a, b]')
        self.answer(first, "1")
        second = self.kc.get_stdin_msg(timeout=LONG)
        self.assertEqual(second["content"]["prompt"], "b")
        self.answer(second, "2")
        self.assertEqual(self.result(msg_id), "[ '1', '2' ]")

    def test_nobody_may_be_asked(self):
        reply, outputs = run(self.kc, 'await input("name? ")', allow_stdin=False)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "Error"))
        self.assertIn("nobody can answer", reply["evalue"])
        self.assertFalse(self.kc.stdin_channel.msg_ready())
        self.lives()

    def test_stopped_while_it_waits(self):
        msg_id, _ = self.ask('await input("ever? ")')
        self.km.interrupt_kernel()
        self.assertEqual(reply_to(self.kc, msg_id)["content"]["ename"], "KeyboardInterrupt")
        self.lives()

    def test_an_answer_that_comes_too_late_answers_nothing(self):
        msg_id, stale = self.ask('await input("first? ")')
        self.km.interrupt_kernel()
        reply_to(self.kc, msg_id)
        until_idle(self.kc, msg_id)
        msg_id, question = self.ask('await input("second? ")')
        self.answer(stale, "to the first")
        self.answer(question, "to the second")
        self.assertEqual(self.result(msg_id), "'to the second'")
