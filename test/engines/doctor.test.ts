import { expect, test } from "vitest";
import { type Check, inspectMachine, judge, type MachineFacts } from "../../src/engines/doctor.js";

const loaded = { ok: true, version: "1.2.3" } as const;
const absent = { ok: false, reason: "not installed" } as const;

const healthy: MachineFacts = {
  node: "20.19.0",
  architecture: "x64",
  cpuFlags: new Set(["avx2", "avx512f", "avx512_vnni"]),
  cores: 2,
  freeBytes: 50e9,
  packages: { onnxruntime: loaded, tensorflow: loaded, wasm: loaded, danfo: loaded, sharp: loaded, zeromq: loaded },
  python: true,
  jupyter: true,
  setup: "npm run setup",
};

/** Every check that is not ok, one a line. */
function complaints(checks: readonly Check[]): string {
  return checks
    .filter(({ status }) => status !== "ok")
    .map(({ name, status, detail, cost, mend }) => [name, status, detail, cost, mend ?? "-"].join(" | "))
    .join("\n");
}

test("a machine that has everything has nothing to complain of", () => {
  expect(judge(healthy).map(({ name, status, detail }) => `${name}: ${status}, ${detail}`)).toMatchInlineSnapshot(`
    [
      "Node: ok, 20.19.0",
      "onnxruntime-node: ok, 1.2.3",
      "TensorFlow (TF.js): ok, native 1.2.3",
      "danfojs: ok, 1.2.3",
      "sharp: ok, 1.2.3",
      "zeromq: ok, 1.2.3",
      "CPU: ok, x64 with AVX2, AVX-512, AVX-512 VNNI",
      "cores: ok, 2",
      "disk: ok, 50.0 GB free",
      "Python's onnx (tests): ok, in .nibble/venv",
      "Jupyter (tests): ok, in .nibble/venv",
    ]
  `);
});

test("a backend that the environment switches off is not called healthy", () => {
  const switched = (tensorflowFrom: "wasm" | "cpu") => complaints(judge({ ...healthy, tensorflowFrom }));
  expect(switched("wasm")).toMatchInlineSnapshot(
    `"TensorFlow (TF.js) | degraded | wasm 1.2.3; native: switched off by NIBBLE_TENSORFLOW=wasm | TF.js runs on WebAssembly: the same results, slower training and parity checks | unset NIBBLE_TENSORFLOW"`,
  );
  expect(switched("cpu")).toMatchInlineSnapshot(
    `"TensorFlow (TF.js) | degraded | cpu; wasm: switched off by NIBBLE_TENSORFLOW=cpu; native: switched off by NIBBLE_TENSORFLOW=cpu | TF.js runs as plain JavaScript: parity checks and training take many times as long | unset NIBBLE_TENSORFLOW"`,
  );
});

test("a bare machine hears what each lack costs and what mends it", () => {
  const bare: MachineFacts = {
    node: "18.20.4",
    architecture: "x64",
    cpuFlags: new Set(["sse2"]),
    cores: 1,
    freeBytes: 0.3e9,
    packages: { onnxruntime: absent, tensorflow: absent, wasm: absent, danfo: absent, sharp: absent, zeromq: absent },
    python: false,
    jupyter: false,
    setup: "npm run setup",
  };
  expect(complaints(judge(bare))).toMatchInlineSnapshot(`
    "Node | missing | 18.20.4 is too old | Nibble needs Node 20.19 or newer | install a newer Node from https://nodejs.org
    onnxruntime-node | missing | not installed | no precision can be executed or timed | npm run setup
    TensorFlow (TF.js) | degraded | cpu; wasm: not installed; native: not installed | TF.js runs as plain JavaScript: parity checks and training take many times as long | npm run setup
    danfojs | degraded | not installed | result.frame() is not available | npm run setup
    sharp | degraded | not installed | images(...) cannot read image folders | npm run setup
    zeromq | degraded | not installed | the kernel for Jupyter does not start | npm run setup
    CPU | degraded | x64 with neither AVX2 nor VNNI | int8 is slower, and sums of 8-bit weights can saturate, which costs accuracy | -
    cores | degraded | 1 | timing shares its core with everything else: wider intervals | -
    disk | degraded | 0.3 GB free | a run may stop when records or quantized models cannot be written | free some space, or write elsewhere with --out
    Python's onnx (tests) | degraded | not installed | tests that compare with Python's onnx are skipped | node src/setup/setup.mjs --tests --retry
    Jupyter (tests) | degraded | not installed | tests of the kernel with Jupyter's own clients are skipped | node src/setup/setup.mjs --tests --retry"
  `);
});

test("wasm without the native part is degraded, not missing", () => {
  const packages = { ...healthy.packages, tensorflow: { ok: false, reason: "not built" } as const };
  expect(complaints(judge({ ...healthy, packages }))).toMatchInlineSnapshot(
    `"TensorFlow (TF.js) | degraded | wasm 1.2.3; native: not built | TF.js runs on WebAssembly: the same results, slower training and parity checks | npm run setup"`,
  );
});

test("each CPU is judged by its own integer instructions", () => {
  const cpu = (architecture: string, ...flags: string[]) =>
    judge({ ...healthy, architecture, cpuFlags: new Set(flags) }).find(({ name }) => name === "CPU");
  expect(cpu("x64", "avx2", "avx_vnni")).toEqual({ name: "CPU", status: "ok", detail: "x64 with AVX2, AVX-VNNI" });
  expect(cpu("x64", "avx2")?.status).toBe("degraded");
  expect(cpu("arm64", "asimddp", "i8mm")).toEqual({
    name: "CPU",
    status: "ok",
    detail: "arm64 with dot products and i8mm",
  });
  expect(cpu("arm64", "asimd")?.status).toBe("degraded");
  expect(judge({ ...healthy, cpuFlags: undefined }).find(({ name }) => name === "CPU")?.status).toBe("degraded");
});

test("an installed package says nothing of Python and Jupyter, which only tests need", () => {
  expect(judge({ ...healthy, python: undefined }).some(({ name }) => name.includes("Python"))).toBe(false);
});

test("on this machine onnxruntime loads, and every complaint says what it costs", async () => {
  const checks = await inspectMachine();
  expect(checks.find(({ name }) => name === "onnxruntime-node")).toMatchObject({
    status: "ok",
    detail: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
  expect(checks.filter(({ status, cost }) => status !== "ok" && cost === undefined)).toEqual([]);
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
});
