"""What Jupyter's conformance suite leaves out, against the real kernel with jupyter_client."""

import json
import os
import socket
import subprocess
import tempfile
import time
import unittest

import kernel_under_test as kernel
import zmq
from kernel_under_test import LONG, reply_to, run, text_of, until_idle


class KernelCase(unittest.TestCase):
    language = "typescript"

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = kernel.start(cls.language)

    @classmethod
    def tearDownClass(cls):
        cls.kc.stop_channels()
        cls.km.shutdown_kernel(now=True)

    def setUp(self):
        kernel.drain(self.kc)

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


class Execution(KernelCase):
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
        ids = [self.kc.execute(code) for code in ('throw new Error("stop")', "1", "2")]
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

    def test_input(self):
        msg_id = self.kc.execute('const who = await input("name? "); who + "!"', allow_stdin=True)
        question = self.kc.get_stdin_msg(timeout=LONG)
        self.assertEqual(question["msg_type"], "input_request")
        self.assertEqual(question["content"], {"prompt": "name? ", "password": False})
        self.assertEqual(question["parent_header"]["msg_id"], msg_id)
        self.kc.input("Ada 😀")
        self.assertEqual(reply_to(self.kc, msg_id)["content"]["status"], "ok")
        result = [m for m in until_idle(self.kc, msg_id) if m["msg_type"] == "execute_result"]
        self.assertEqual(result[0]["content"]["data"]["text/plain"], "'Ada 😀!'")

    def test_input_where_nobody_answers(self):
        reply, _ = run(self.kc, 'await input("name? ")', allow_stdin=False)
        self.assertEqual(reply["status"], "error")

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

    def test_comms(self):
        opened = self.kc.session.msg("comm_open", {"comm_id": "c1", "target_name": "nobody", "data": {}})
        self.kc.shell_channel.send(opened)
        published = until_idle(self.kc, opened["header"]["msg_id"])
        self.assertEqual([m["msg_type"] for m in published], ["status", "comm_close", "status"])
        self.assertEqual(published[1]["content"]["comm_id"], "c1")
        info = reply_to(self.kc, self.kc.comm_info())["content"]
        self.assertEqual(info["status"], "ok")
        self.assertNotIn("c1", info["comms"])

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


class Interrupt(KernelCase):
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


class Accidents(KernelCase):
    def lives(self):
        self.assertTrue(self.km.is_alive())
        self.assertEqual(self.value("1 + 1"), "2")

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
        argv = [*kernel.COMMAND, "--connection-file", km.connection_file, "--language", "typescript"]
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
            kc.stop_channels()
            km.shutdown_kernel(now=True)

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
                    argv = [*kernel.COMMAND, "--connection-file", file]
                    done = subprocess.run(argv, capture_output=True, text=True, timeout=LONG)
                    self.assertEqual((done.returncode, done.stdout), (1, ""))
                    self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                    self.assertIn(words, done.stderr)


def result_of(ran):
    """The result of a cell that ended well, as text; warnings of types beside it do not matter."""
    reply, outputs = ran
    if reply["status"] != "ok":
        raise AssertionError(reply)
    return [m["content"]["data"]["text/plain"] for m in outputs if m["msg_type"] == "execute_result"][0]


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
