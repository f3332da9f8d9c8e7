"""Starts the kernels that are installed, for Jupyter's own suite and ours."""

import unittest

from jupyter_client.manager import KernelManager

# Kernelspecs by the language of their cells.
KERNELS = {"typescript": "nibble-ts", "nibble": "nibble"}

# Seconds until a test gives up; on a machine that does much else the first cell takes its time.
LONG = 120


def manager(language="typescript", **settings):
    """A manager of the kernel for a language, as its kernelspec says."""
    return KernelManager(kernel_name=KERNELS[language], **settings)


def start(language="typescript", env=None, **settings):
    """A kernel whose first cell has run, and its client; `env` is its whole environment."""
    km = manager(language, **settings)
    km.start_kernel(**({} if env is None else {"env": env}))
    kc = km.client()
    kc.start_channels()
    kc.wait_for_ready(timeout=LONG)
    warm = {"typescript": "0", "nibble": "%%ts\n0"}[language]
    run(kc, warm)
    drain(kc)
    return km, kc


def stop(km, kc):
    """Ends a kernel at once."""
    kc.stop_channels()
    km.shutdown_kernel(now=True)


class KernelCase(unittest.TestCase):
    """Tests that share a kernel."""

    language = "typescript"

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start(cls.language)

    @classmethod
    def tearDownClass(cls):
        stop(cls.km, cls.kc)

    def setUp(self):
        drain(self.kc)

    def until_output(self, msg_id, text):
        """Waits until a cell has printed a text."""
        printed = ""
        while text not in printed:
            msg = self.kc.get_iopub_msg(timeout=LONG)
            if msg["parent_header"].get("msg_id") == msg_id and msg["msg_type"] == "stream":
                printed += msg["content"]["text"]

    def value(self, code):
        """The result of a cell as text."""
        return result_of(run(self.kc, code))

    def lives(self):
        """The kernel is the same process still, and runs cells."""
        self.assertTrue(self.km.is_alive())
        self.assertEqual(self.value("1 + 1"), "2")


def drain(kc):
    """Drops what waits, such as replies to the many questions of `wait_for_ready`."""
    for channel, get in (
        (kc.shell_channel, kc.get_shell_msg),
        (kc.iopub_channel, kc.get_iopub_msg),
        (kc.stdin_channel, kc.get_stdin_msg),
    ):
        while channel.msg_ready():
            get(timeout=1)


def reply_to(kc, msg_id, channel="shell"):
    """The reply to one request; replies to others are dropped."""
    while True:
        get = kc.get_shell_msg if channel == "shell" else kc.get_control_msg
        msg = get(timeout=LONG)
        if msg["parent_header"].get("msg_id") == msg_id:
            return msg


def until_idle(kc, msg_id):
    """What a request published, from busy to idle."""
    published = []
    while True:
        msg = kc.get_iopub_msg(timeout=LONG)
        if msg["parent_header"].get("msg_id") != msg_id:
            continue
        published.append(msg)
        if msg["content"].get("execution_state") == "idle":
            return published


def run(kc, code, **settings):
    """Reply's content, and outputs without status and execute_input."""
    msg_id = kc.execute(code, **settings)
    reply = reply_to(kc, msg_id)
    published = until_idle(kc, msg_id)
    outputs = [m for m in published if m["msg_type"] not in ("status", "execute_input")]
    return reply["content"], outputs


def text_of(outputs, name="stdout"):
    """All text of one stream."""
    return "".join(
        m["content"]["text"] for m in outputs if m["msg_type"] == "stream" and m["content"]["name"] == name
    )


def result_of(ran):
    """The result of a cell that ended well, as text; warnings of types beside it do not matter."""
    reply, outputs = ran
    if reply["status"] != "ok":
        raise AssertionError(reply)
    return [m["content"]["data"]["text/plain"] for m in outputs if m["msg_type"] == "execute_result"][0]
