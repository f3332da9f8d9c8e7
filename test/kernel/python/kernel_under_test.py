"""Starts the kernel that the environment names, for Jupyter's own suite and ours."""

import json
import os

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

# Words of the command that starts the kernel, without its arguments.
COMMAND = json.loads(os.environ["NIBBLE_KERNEL"])

# Seconds; on a machine that does much else the first cell takes its time.
LONG = int(os.environ.get("NIBBLE_PATIENCE", "120"))


def manager(language="typescript", **settings):
    """A manager whose kernel is ours, without a kernelspec on disk."""
    km = KernelManager(**settings)
    km._kernel_spec = KernelSpec(
        argv=[*COMMAND, "--connection-file", "{connection_file}", "--language", language],
        interrupt_mode="message",
        language=language,
        display_name="Nibble",
    )
    return km


def start(language="typescript", **settings):
    """A kernel whose first cell has run, and its client."""
    km = manager(language, **settings)
    km.start_kernel()
    kc = km.client()
    kc.start_channels()
    kc.wait_for_ready(timeout=LONG)
    warm = {"typescript": "0", "nibble": "%%ts\n0"}[language]
    run(kc, warm)
    drain(kc)
    return km, kc


def drain(kc):
    """Drops replies to the many questions of `wait_for_ready`."""
    while kc.shell_channel.msg_ready():
        kc.get_shell_msg(timeout=1)
    while kc.iopub_channel.msg_ready():
        kc.get_iopub_msg(timeout=1)


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
