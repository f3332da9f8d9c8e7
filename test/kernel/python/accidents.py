"""Cells that do harm: one outcome each, and the kernel lives."""

import os
import time

import kernel_under_test as kernel
import zmq
from kernel_under_test import LONG, reply_to, run


class Accidents(kernel.KernelCase):
    def test_process_exit(self):
        run(self.kc, "const before = 41")
        reply, _ = run(self.kc, "process.exit(3)")
        self.assertEqual((reply["status"], reply["ename"]), ("error", "ProcessExitError"))
        self.assertEqual(self.value("before"), "41")
        self.lives()

    def test_what_is_thrown_and_no_error(self):
        for code, words in (
            ("throw 7", "7 (a number, not an Error)"),
            ("throw null", "null (no value, not an Error)"),
            ("throw undefined", "undefined (no value, not an Error)"),
            ('throw "text"', "'text' (a string, not an Error)"),
            ("throw { code: 1 }", "{ code: 1 } (an object of class Object, not an Error)"),
            ("throw Symbol.iterator", "Symbol(Symbol.iterator) (a symbol, not an Error)"),
        ):
            with self.subTest(code=code):
                reply, outputs = run(self.kc, code)
                self.assertEqual((reply["ename"], reply["evalue"]), ("ThrownValue", words))
                self.assertEqual([m["msg_type"] for m in outputs], ["error"])
        self.lives()

    def test_killed_child(self):
        reply, _ = run(self.kc, 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {})')
        self.assertEqual((reply["status"], reply["ename"]), ("error", "ExecutionProcessDied"))
        self.assertIn("SIGKILL", reply["evalue"])
        self.lives()

    def test_rejected_promise(self):
        msg_id = self.kc.execute('void Promise.reject(new Error("left alone"))')
        self.assertEqual(reply_to(self.kc, msg_id)["content"]["status"], "ok")
        self.until_output(msg_id, "left alone")
        self.lives()

    def test_patched_globals(self):
        code = """
for (const name of ["Promise", "JSON", "Map", "Set", "Error", "Buffer", "Symbol", "Object", "Array", "setTimeout"])
  (globalThis as any)[name] = undefined;
console.log = () => {};
"""
        run(self.kc, code)
        self.lives()
        self.assertEqual(reply_to(self.kc, self.kc.kernel_info())["content"]["status"], "ok")
        # For the tests after this one.
        run(self.kc, 'process.kill(process.pid, "SIGKILL"); for (;;) {}')
        self.lives()


class Memory(kernel.KernelCase):
    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = kernel.start(env={**os.environ, "NODE_OPTIONS": "--max-old-space-size=256"})

    def test_exhausted(self):
        reply, _ = run(self.kc, "const hoard: number[][] = []; for (;;) hoard.push(new Array(1e6).fill(hoard.length + 0.5))")
        self.assertEqual((reply["status"], reply["ename"]), ("error", "ExecutionProcessDied"))
        self.assertIn("out of memory", reply["evalue"])
        self.lives()
        self.assertEqual(self.value("typeof hoard"), "'undefined'")


STOPPED = "the cell was interrupted"


class SlowReader(kernel.KernelCase):
    """A client that does not read while a cell prints."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kc.iopub_channel.stop()

    def setUp(self):
        # The only subscriber, which keeps one message.
        self.slow = self.kc.context.socket(zmq.SUB)
        self.slow.rcvhwm = 1
        self.slow.rcvbuf = 64 * 1024
        self.slow.rcvtimeo = LONG * 1000
        self.slow.subscribe(b"")
        self.slow.connect(f"tcp://127.0.0.1:{self.km.iopub_port}")
        self.addCleanup(self.slow.close, linger=0)
        self.next("iopub_welcome")

    def next(self, msg_type):
        """The next message of a type, and all before it."""
        seen = []
        while True:
            _, frames = self.kc.session.feed_identities(self.slow.recv_multipart())
            seen.append(self.kc.session.deserialize(frames))
            if seen[-1]["msg_type"] == msg_type:
                return seen

    def until_held(self):
        """Waits until the cell prints no more because nobody takes what it prints."""
        pid = child_of(self.km.provisioner.pid)
        idle = written(pid)
        before = idle
        while before < idle + 10_000_000 or written(pid) != before:
            before = written(pid)
            time.sleep(1)

    def test_nothing_is_lost_and_memory_is_bounded(self):
        rows = 60_000
        msg_id = self.kc.execute(f'for (let i = 0; i < {rows}; i++) console.log(String(i).padEnd(9999, "."))')
        self.until_held()
        lines = 0
        while True:
            message = self.next_message()
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            if message["msg_type"] == "stream":
                for line in message["content"]["text"].splitlines():
                    self.assertEqual(line[:6].rstrip("."), str(lines))
                    lines += 1
            if message["content"].get("execution_state") == "idle":
                break
        self.assertEqual(lines, rows)
        self.assertLess(peak_megabytes(self.km.provisioner.pid), 450)

    def next_message(self):
        _, frames = self.kc.session.feed_identities(self.slow.recv_multipart())
        return self.kc.session.deserialize(frames)

    def test_a_cell_that_prints_forever_is_stopped(self):
        run_id = self.kc.execute('let kept = 1; for (;;) console.log("x".repeat(9999))')
        self.until_held()
        self.km.interrupt_kernel()
        self.assertEqual(reply_to(self.kc, run_id)["content"]["evalue"], STOPPED)
        while self.next_message()["content"].get("ename") != "KeyboardInterrupt":
            pass
        self.assertLess(peak_megabytes(self.km.provisioner.pid), 450)
        msg_id = self.kc.execute("kept")  # made before the loop
        reply = reply_to(self.kc, msg_id)["content"]
        self.assertEqual(reply["status"], "ok", reply)
        kept = [m["content"]["data"]["text/plain"] for m in self.next("execute_result") if m["msg_type"] == "execute_result"]
        self.assertEqual(kept, ["1"])


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return int(children.read().split()[0])


def written(pid):
    with open(f"/proc/{pid}/io") as io:
        return int([line for line in io if line.startswith("wchar")][0].split()[1])


def peak_megabytes(pid):
    with open(f"/proc/{pid}/status") as status:
        return int([line for line in status if line.startswith("VmHWM")][0].split()[1]) // 1024
