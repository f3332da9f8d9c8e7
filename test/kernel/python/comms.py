"""Comms between a client and TypeScript cells: opened from both sides, with buffers, listed, closed."""

import kernel_under_test as kernel
from kernel_under_test import LONG, reply_to, run, until_idle

# Sends back what comes, with every buffer reversed; closes when it is told "bye".
ECHO = """
comm.register("echo", (opened, data) => {
  opened.send({ hello: data.name });
  opened.onMessage((said: any, buffers?: any) => {
    if (said === "bye") opened.close({ said });
    else (opened as any).send({ said }, { seen: true }, buffers.map((b: Uint8Array) => Uint8Array.from(b).reverse()));
  });
  opened.onClose(() => console.log("closed by the client"));
});
"""


class Comms(kernel.KernelCase):
    def send(self, msg_type, content, buffers=None):
        """Sends a message of a comm; what it caused until idle."""
        msg = self.kc.session.msg(msg_type, content)
        self.kc.session.send(self.kc.shell_channel.socket, msg, buffers=buffers)
        return [m for m in until_idle(self.kc, msg["header"]["msg_id"]) if m["msg_type"] != "status"]

    def from_comm(self, msg_type):
        """The next message of a type on iopub; the cell's answer may come after the idle of what it answers."""
        while True:
            msg = self.kc.get_iopub_msg(timeout=LONG)
            if msg["msg_type"] == msg_type:
                return msg

    def post(self, msg_type, content, buffers=None):
        """Sends a message of a comm and waits for nothing."""
        msg = self.kc.session.msg(msg_type, content)
        self.kc.session.send(self.kc.shell_channel.socket, msg, buffers=buffers)

    def comms(self, **content):
        msg = self.kc.session.msg("comm_info_request", content)
        self.kc.shell_channel.send(msg)
        return reply_to(self.kc, msg["header"]["msg_id"])["content"]["comms"]

    def test_unknown_target(self):
        published = self.send("comm_open", {"comm_id": "c0", "target_name": "nobody", "data": {}})
        self.assertEqual([m["msg_type"] for m in published], ["comm_close"])
        self.assertEqual(published[0]["content"]["comm_id"], "c0")
        self.assertNotIn("c0", self.comms())

    def test_unknown_comm(self):
        published = self.send("comm_msg", {"comm_id": "gone", "data": {}})
        self.assertEqual([m["msg_type"] for m in published], ["comm_close"])
        self.assertEqual(self.send("comm_close", {"comm_id": "gone", "data": {}}), [])

    def test_opened_by_the_client(self):
        self.assertEqual(run(self.kc, ECHO)[0]["status"], "ok")
        self.post("comm_open", {"comm_id": "c1", "target_name": "echo", "data": {"name": "Ada 😀"}})
        self.assertEqual(self.from_comm("comm_msg")["content"], {"comm_id": "c1", "data": {"hello": "Ada 😀"}})
        self.assertEqual(self.comms(), {"c1": {"target_name": "echo"}})
        self.assertEqual(self.comms(target_name="other"), {})
        self.post("comm_msg", {"comm_id": "c1", "data": {"n": 1}}, buffers=[b"\x00\x01\xff", b""])
        answer = self.from_comm("comm_msg")
        self.assertEqual(answer["content"], {"comm_id": "c1", "data": {"said": {"n": 1}}})
        self.assertEqual(answer["metadata"], {"seen": True})
        self.assertEqual([bytes(b) for b in answer["buffers"]], [b"\xff\x01\x00", b""])
        self.post("comm_msg", {"comm_id": "c1", "data": "bye"})
        self.assertEqual(self.from_comm("comm_close")["content"], {"comm_id": "c1", "data": {"said": "bye"}})
        self.assertEqual(self.comms(), {})

    def test_closed_by_the_client(self):
        run(self.kc, ECHO)
        self.post("comm_open", {"comm_id": "c2", "target_name": "echo", "data": {"name": "x"}})
        self.from_comm("comm_msg")
        self.post("comm_close", {"comm_id": "c2", "data": {}})
        self.assertEqual(self.from_comm("stream")["content"]["text"], "closed by the client\n")
        self.assertEqual(self.comms(), {})

    def test_opened_by_a_cell(self):
        reply, outputs = run(self.kc, 'const mine = comm.open("widget", { v: 1 }); mine.onMessage((m) => console.log(m.v + 1))')
        self.assertEqual(reply["status"], "ok")
        opened = [m["content"] for m in outputs if m["msg_type"] == "comm_open"]
        self.assertEqual([(c["target_name"], c["data"]) for c in opened], [("widget", {"v": 1})])
        self.post("comm_msg", {"comm_id": opened[0]["comm_id"], "data": {"v": 41}})
        self.assertEqual(self.from_comm("stream")["content"]["text"], "42\n")
        _, outputs = run(self.kc, "mine.close()")
        self.assertEqual([m["content"]["comm_id"] for m in outputs], [opened[0]["comm_id"]])

    def test_a_listener_that_throws(self):
        run(self.kc, 'comm.register("bad", () => { throw new Error("in the listener"); })')
        self.post("comm_open", {"comm_id": "c3", "target_name": "bad", "data": {}})
        self.assertIn("in the listener", self.from_comm("stream")["content"]["text"])
        self.post("comm_close", {"comm_id": "c3", "data": {}})
        self.lives()
