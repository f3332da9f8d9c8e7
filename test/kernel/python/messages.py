"""Messages that are none, or too much: each is dropped or refused, and the kernel lives."""

import json
import socket

import kernel_under_test as kernel
import zmq
from kernel_under_test import LONG

HEADER = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "version": "5.3"}
EMPTY = b"{}"


def header(**fields):
    return json.dumps({**HEADER, **fields}).encode()


class Messages(kernel.KernelCase):
    def setUp(self):
        super().setUp()
        self.sock = self.kc.context.socket(zmq.DEALER)
        self.sock.rcvtimeo = LONG * 1000
        self.sock.connect(f"tcp://127.0.0.1:{self.km.shell_port}")
        self.addCleanup(self.sock.close, linger=1000)

    def signed(self, *parts):
        return [b"<IDS|MSG>", self.kc.session.sign(list(parts)), *parts]

    def answer(self):
        """Content of the next reply."""
        *_, content = self.sock.recv_multipart()
        return json.loads(content)

    def refused(self, *parts):
        """The error with which a signed message is refused."""
        self.sock.send_multipart(self.signed(*parts))
        reply = self.answer()
        self.assertEqual(reply["status"], "error", reply)
        return f"{reply['ename']}: {reply['evalue']}"

    def dropped(self, *frames):
        """Sends what is not answered: the answer to what is sent next comes first."""
        self.sock.send_multipart(list(frames))
        self.sock.send_multipart(self.signed(header(msg_type="kernel_info_request"), EMPTY, EMPTY, EMPTY))
        self.assertEqual(self.answer().get("implementation"), "nibble")

    def test_malformed_frames(self):
        for frames in (
            [b""],
            [b"<IDS|MSG>"],
            [b"<IDS|MSG>", b"", EMPTY, EMPTY, EMPTY],
            [b"\xff" * 1000] * 20,
            self.signed(b"no JSON", EMPTY, EMPTY, EMPTY),
            self.signed(b"[]", EMPTY, EMPTY, EMPTY),
            self.signed(b'{"msg_type": 7}', EMPTY, EMPTY, EMPTY),
        ):
            with self.subTest(frames=frames[:3]):
                self.dropped(*frames)
        self.lives()

    def test_wrong_signatures(self):
        parts = [header(msg_type="kernel_info_request"), EMPTY, EMPTY, EMPTY]
        for signature in (b"", b"0" * 64, b"f" * 1_000_000):
            self.dropped(b"<IDS|MSG>", signature, *parts)
        self.lives()

    def test_wrong_protocol_versions(self):
        for version in ("4.0", "6.0", "5x", ""):
            with self.subTest(version=version):
                said = self.refused(header(version=version), EMPTY, EMPTY, b'{"code": "1"}')
                self.assertEqual(said, f"MessageError: it is of protocol version {json.dumps(version)}, not 5")
        self.lives()

    def test_content_that_is_no_json_text(self):
        for content, words in (
            (b'{"code": "\xff"}', "its content is not UTF-8"),
            (b'{"code"', "its content is not JSON"),
            (b"[1]", "its content is not a JSON object"),
            (b'{"a":' * 600 + b"1" + b"}" * 600, "its content is nested deeper than 500 levels"),
        ):
            with self.subTest(words=words):
                self.assertEqual(self.refused(header(), EMPTY, EMPTY, content), f"MessageError: {words}")
        self.lives()

    def test_huge_messages(self):
        size = 64 * 1024 * 1024
        content = b'{"code": "' + b" " * size + b'"}'
        said = self.refused(header(), EMPTY, EMPTY, content)
        self.assertEqual(said, f"MessageError: its content has {len(content)} bytes, more than {size}")
        long = f'const long = "{"x" * 3_000_000}"; long.length'
        self.assertEqual(self.value(long), "3000000")
        self.lives()

    def test_fields_of_wrong_types(self):
        content = b'{"code": 7, "silent": "x", "user_expressions": [1]}'
        self.assertEqual(self.refused(header(), EMPTY, EMPTY, content), 'RequestError: "code" is not text')
        self.sock.send_multipart(self.signed(header(), EMPTY, EMPTY, b'{"code": "\'\\\\ud83d\'.length"}'))
        self.assertEqual(self.answer()["status"], "ok")
        self.lives()

    def test_another_protocol(self):
        with socket.create_connection(("127.0.0.1", self.km.shell_port)) as plain:
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        self.lives()
