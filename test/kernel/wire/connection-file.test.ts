import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { endpoint, readConnectionFile } from "../../../src/kernel/wire/connection-file.js";

const folder = mkdtempSync(join(tmpdir(), "nibble-connection-"));
const file = join(folder, "kernel.json");
afterAll(() => rmSync(folder, { recursive: true }));

const good = {
  transport: "tcp",
  ip: "127.0.0.1",
  key: "k",
  signature_scheme: "hmac-sha256",
  shell_port: 1,
  control_port: 2,
  stdin_port: 3,
  iopub_port: 4,
  hb_port: 5,
};

function read(content: unknown) {
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return readConnectionFile(file);
}

test("a connection file gives transport, address, ports and key", () => {
  expect(read({ ...good, kernel_name: "nibble" })).toEqual({
    transport: "tcp",
    ip: "127.0.0.1",
    key: "k",
    ports: { shell: 1, control: 2, stdin: 3, iopub: 4, hb: 5 },
  });
});

test("addresses are written as ZeroMQ has them", () => {
  expect(endpoint(read(good), "shell")).toBe("tcp://127.0.0.1:1");
  expect(endpoint(read({ ...good, ip: "localhost" }), "hb")).toBe("tcp://127.0.0.1:5");
  expect(endpoint(read({ ...good, ip: "::1" }), "hb")).toBe("tcp://[::1]:5");
  expect(endpoint(read({ ...good, transport: "ipc", ip: "/run/k" }), "iopub")).toBe("ipc:///run/k-4");
});

test.each([
  ["not JSON", "{", "is not JSON"],
  ["a list", [], "is not a JSON object"],
  ["an unknown transport", { ...good, transport: "udp" }, 'transport "udp" is neither "tcp" nor "ipc"'],
  [
    "an address of the network",
    { ...good, ip: "0.0.0.0" },
    'ip "0.0.0.0" is not a loopback address; this kernel listens on this machine alone',
  ],
  ["a port that is text", { ...good, hb_port: "5" }, '"hb_port" is not a port, a whole number from 1 to 65535'],
  ["a port too high", { ...good, hb_port: 70000 }, '"hb_port" is not a port, a whole number from 1 to 65535'],
  ["a missing port", { ...good, stdin_port: undefined }, 'has no "stdin_port"'],
  ["one port twice", { ...good, hb_port: 1 }, '"shell_port" and "hb_port" are the same port, 1'],
  ["a key that is a number", { ...good, key: 7 }, '"key" is not text'],
  ["another signature", { ...good, signature_scheme: "hmac-md5" }, 'signature_scheme "hmac-md5" is not "hmac-sha256"'],
  ["IPC without a path", { ...good, transport: "ipc", ip: undefined }, 'has no "ip"'],
  ["a file of another kind", " ".repeat(70_000), "is larger than 65536 bytes"],
])("%s is one line that names the file and the fault", (_, content, fault) => {
  expect(() => read(content)).toThrow(`connection file ${file}: ${fault}`);
});

test("a missing file and a folder are named", () => {
  const missing = join(folder, "none.json");
  expect(() => readConnectionFile(missing)).toThrow(`connection file ${missing}: there is no such file`);
  expect(() => readConnectionFile(folder)).toThrow(`connection file ${folder}: cannot be read (EISDIR)`);
});
