"""Cells that do harm and messages that are none: one outcome each, and the kernel lives."""

import json
import socket

import kernel_under_test as kernel
import zmq
from kernel_under_test import LONG, reply_to, run


class Accidents(kernel.KernelCase):
    def test_process_exit(self):
        run(self.kc, "process.exit(3)")
        self.lives()

    def test_killed_child(self):
        reply, _ = run(self.kc, 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {})')
        self.assertEqual(reply["status"], "error")
        self.lives()

    def test_rejected_promise(self):
        run(self.kc, 'void Promise.reject(new Error("left alone"))')
        self.lives()

    def test_patched_globals(self):
        code = "(globalThis as any).Promise = undefined; (globalThis as any).JSON = null; console.log = () => {}"
        run(self.kc, code)
        self.assertTrue(self.km.is_alive())
        self.assertEqual(reply_to(self.kc, self.kc.kernel_info())["content"]["status"], "ok")

    def raw_shell(self):
        sock = self.kc.context.socket(zmq.DEALER)
        sock.rcvtimeo = LONG * 1000
        sock.connect(f"tcp://127.0.0.1:{self.km.shell_port}")
        return sock

    def test_garbage(self):
        sock = self.raw_shell()
        header = json.dumps({"msg_id": "1", "msg_type": "execute_request", "session": "s", "version": "5.3"}).encode()
        for frames in (
            [b""],
            [b"<IDS|MSG>"],
            [b"<IDS|MSG>", b"", b"{}", b"{}", b"{}"],
            [b"<IDS|MSG>", b"0" * 64, header, b"{}", b"{}", b'{"code":"1"}'],
            [b"\xff" * 1000] * 20,
            self.signed(header, b"{}", b"{}", b'{"code": "\xff"}'),
            self.signed(header, b"{}", b"{}", b"[" * 100_000),
            self.signed(header.replace(b"5.3", b"4.0"), b"{}", b"{}", b'{"code":"1"}'),
            self.signed(header, b"{}", b"{}", b'{"code": 7, "silent": "x", "user_expressions": [1]}'),
            self.signed(header, b"{}", b"{}", b'{"stop_on_error": false, "code": "' + b"\\ud83d" + b'"}'),
        ):
            sock.send_multipart(frames)
        # What was sent before it has been read when this is answered.
        asking = b'{"msg_id":"last","msg_type":"kernel_info_request"}'
        sock.send_multipart(self.signed(asking, b"{}", b"{}", b"{}"))
        while b"kernel_info_reply" not in b"".join(sock.recv_multipart()):
            pass
        with socket.create_connection(("127.0.0.1", self.km.shell_port)) as plain:
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        sock.close(linger=1000)
        self.lives()

    def signed(self, *parts):
        return [b"<IDS|MSG>", self.kc.session.sign(list(parts)), *parts]

    def test_another_key(self):
        sock = self.raw_shell()
        parts = [b'{"msg_id":"1","msg_type":"kernel_info_request"}', b"{}", b"{}", b"{}"]
        sock.send_multipart([b"<IDS|MSG>", b"f" * 64, *parts])
        sock.send_multipart(self.signed(*parts))
        self.assertTrue(sock.poll(LONG * 1000))
        sock.recv_multipart()
        self.assertFalse(sock.poll(200))
        sock.close()
