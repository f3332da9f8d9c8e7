"""Stop, and what the kernel answers while a cell runs."""

import os

import kernel_under_test as kernel
import zmq
from kernel_under_test import LONG, reply_to, run, until_idle

LOOPS = {
    "synchronous": 'console.log("in"); while (true) {}',
    "after await": 'await null; console.log("in"); while (true) {}',
    "swallowing": 'console.log("in"); while (true) { try { while (true) {} } catch {} }',
    "waiting": 'console.log("in"); await new Promise(() => {})',
    "timers": 'console.log("in"); while (true) await new Promise((r) => setTimeout(r, 5))',
    "wasm": """
const bytes = Uint8Array.from([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11]);
const { instance } = await WebAssembly.instantiate(bytes);
console.log("in");
(instance.exports.f as () => void)();
""",
}


class Stop(kernel.KernelCase):
    def test_every_kind_of_loop(self):
        run(self.kc, "let kept = 41")
        for kind, code in LOOPS.items():
            with self.subTest(kind=kind):
                msg_id = self.kc.execute(code)
                self.until_output(msg_id, "in")
                self.km.interrupt_kernel()
                reply = reply_to(self.kc, msg_id)["content"]
                self.assertEqual((reply["status"], reply["ename"]), ("error", "KeyboardInterrupt"))
                until_idle(self.kc, msg_id)
                self.assertEqual(self.value("kept"), "41")

    def test_while_a_cell_runs(self):
        msg_id = self.kc.execute(LOOPS["synchronous"])
        self.until_output(msg_id, "in")
        self.assertTrue(self.kc.is_alive())
        self.kc.hb_channel.unpause()
        beat = self.kc.context.socket(zmq.REQ)
        beat.connect(f"tcp://127.0.0.1:{self.km.hb_port}")
        beat.send(b"ping")
        self.assertTrue(beat.poll(LONG * 1000))
        self.assertEqual(beat.recv(), b"ping")
        beat.close()
        info = self.kc.session.msg("kernel_info_request", {})
        self.kc.control_channel.send(info)
        self.assertEqual(reply_to(self.kc, info["header"]["msg_id"], "control")["content"]["status"], "ok")
        self.assertEqual(reply_to(self.kc, self.kc.is_complete("f("))["content"]["status"], "incomplete")
        queued = self.kc.execute("1")
        # On shell, so that it is there before the interrupt.
        reply_to(self.kc, self.kc.kernel_info())
        self.km.interrupt_kernel()
        self.assertEqual(reply_to(self.kc, msg_id)["content"]["ename"], "KeyboardInterrupt")
        self.assertEqual(reply_to(self.kc, queued)["content"]["status"], "aborted")

    def test_signal(self):
        msg_id = self.kc.execute(LOOPS["synchronous"])
        self.until_output(msg_id, "in")
        os.kill(self.km.provisioner.pid, 2)
        self.assertEqual(reply_to(self.kc, msg_id)["content"]["ename"], "KeyboardInterrupt")
        self.assertTrue(self.km.is_alive())
