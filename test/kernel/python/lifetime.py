"""How kernels begin and end."""

import json
import os
import socket
import subprocess
import tempfile
import time
import unittest

import kernel_under_test as kernel
from kernel_under_test import LONG, reply_to, result_of, run, until_idle


class Lifetime(unittest.TestCase):
    def processes_gone(self, pids):
        deadline = time.monotonic() + LONG
        while any(os.path.exists(f"/proc/{pid}") and not zombie(pid) for pid in pids):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_shutdown_and_restart(self):
        km, kc = kernel.start()
        run(kc, "let here = 1")
        pids = tree(km.provisioner.pid)
        self.assertGreater(len(pids), 1)
        for channel in ("control", "shell"):
            with self.subTest(channel=channel):
                msg = kc.session.msg("shutdown_request", {"restart": channel == "control"})
                getattr(kc, f"{channel}_channel").send(msg)
                reply = reply_to(kc, msg["header"]["msg_id"], channel)
                self.assertEqual(reply["content"], {"status": "ok", "restart": channel == "control"})
                published = [m["msg_type"] for m in until_idle(kc, msg["header"]["msg_id"])]
                self.assertEqual(published, ["status", "shutdown_reply", "status"])
                self.processes_gone(pids)
                kc.stop_channels()
                km, kc = kernel.start()
                pids = tree(km.provisioner.pid)
        self.assertEqual(result_of(run(kc, "typeof here")), "'undefined'")
        kc.stop_channels()
        os.kill(km.provisioner.pid, 15)
        self.processes_gone(pids)

    def test_killed_kernel_leaves_no_child(self):
        km, kc = kernel.start()
        msg_id = kc.execute("while (true) {}")
        reply_to(kc, kc.kernel_info())
        pids = tree(km.provisioner.pid)
        os.kill(km.provisioner.pid, 9)
        self.processes_gone(pids)
        kc.stop_channels()
        self.assertTrue(msg_id)

    def test_dead_parent(self):
        km = kernel.manager()
        km.write_connection_file()
        argv = command(km.connection_file)
        script = (
            "import json, os, subprocess, sys\n"
            "p = subprocess.Popen(json.loads(sys.argv[1]), env={**os.environ, 'JPY_PARENT_PID': str(os.getpid())})\n"
            "print(p.pid, flush=True)\nsys.stdin.read()\nos._exit(0)\n"
        )
        parent = subprocess.Popen(
            ["python3", "-c", script, json.dumps(argv)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        pid = int(parent.stdout.readline())
        kc = km.client()
        kc.start_channels()
        kc.wait_for_ready(timeout=LONG)
        run(kc, "1")
        pids = tree(pid)
        parent.stdin.close()
        parent.wait()
        self.processes_gone(pids)
        kc.stop_channels()
        parent.stdout.close()
        km.cleanup_connection_file()

    def test_two_kernels_in_one_folder(self):
        pairs = [kernel.start(), kernel.start("nibble")]
        run(pairs[0][1], "let mine = 1")
        self.assertEqual(result_of(run(pairs[1][1], "%%ts\ntypeof mine")), "'undefined'")
        for km, kc in pairs:
            kernel.stop(km, kc)

    def test_ipc(self):
        with tempfile.TemporaryDirectory() as folder:
            km, kc = kernel.start(transport="ipc", ip=os.path.join(folder, "k"))
            self.assertEqual(result_of(run(kc, "6 * 7")), "42")
            kc.stop_channels()
            km.shutdown_kernel()

    def test_connection_files_that_cannot_be_used(self):
        ports = {f"{name}_port": 0 for name in ("shell", "control", "stdin", "iopub", "hb")}
        with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
            for name in ports:
                with socket.create_server(("127.0.0.1", 0)) as free:
                    ports[name] = free.getsockname()[1]
            ports["iopub_port"] = taken.getsockname()[1]
            for text, words in (
                (None, "there is no such file"),
                ("{", "is not JSON"),
                (json.dumps({"transport": "tcp"}), 'has no "shell_port"'),
                (json.dumps(ports), "the address is taken"),
            ):
                with self.subTest(words=words):
                    file = os.path.join(folder, "none.json" if text is None else "kernel.json")
                    if text is not None:
                        with open(file, "w") as out:
                            out.write(text)
                    done = subprocess.run(command(file), capture_output=True, text=True, timeout=LONG)
                    self.assertEqual((done.returncode, done.stdout), (1, ""))
                    self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                    self.assertIn(words, done.stderr)


def command(connection_file):
    """The words that start the TypeScript kernel."""
    return [word.format(connection_file=connection_file) for word in kernel.manager().kernel_spec.argv]


def zombie(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def tree(pid):
    """A process and all below it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    parents[int(entry)] = int(stat.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    found = [pid]
    for known in found:
        found.extend(child for child, parent in parents.items() if parent == known)
    return found
