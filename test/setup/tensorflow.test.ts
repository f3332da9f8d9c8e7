import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nativeBindingPath } from "../../src/engines/tfjs.js";
import { run } from "../../src/setup/command.mjs";
import { download } from "../../src/setup/download.mjs";
import { getLibrary, sources } from "../../src/setup/libtensorflow.mjs";
import { memoryIn } from "../../src/setup/memory.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "nibble-test-"));
const archive = join(folder, "libtensorflow.tar.gz");
/** Any addon that loads stands for tfjs-node's prebuilt one: rollup's, which npm installs for this platform. */
const rollup = join(root, "node_modules/@rollup");
const someAddon = readdirSync(rollup, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".node"))
  .map((name) => join(rollup, name))[0];
let server: Server;
let address = "";

/** A mirror of the official download: the archive's shape without its gigabyte, a broken archive, and silence. */
beforeAll(async () => {
  const shape = join(folder, "shape");
  for (const file of ["include/tensorflow/c/c_api.h", "lib/libtensorflow.so.2", "lib/libtensorflow_framework.so.2"]) {
    mkdirSync(dirname(join(shape, file)), { recursive: true });
    writeFileSync(join(shape, file), "");
  }
  spawnSync("tar", ["-czf", archive, "-C", shape, "."]);
  const addon = join(folder, "addon");
  mkdirSync(join(addon, "napi-v8"), { recursive: true });
  if (someAddon) cpSync(someAddon, join(addon, "napi-v8/tfjs_binding.node"));
  spawnSync("tar", ["-czf", `${archive}.addon`, "-C", addon, "napi-v8"]);
  server = createServer((request, response) => {
    if (request.url?.startsWith("/silent/")) return;
    if (request.url?.startsWith("/broken/")) response.end("not a gzip file");
    else if (request.url?.startsWith("/good/tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-linux-4.22.0.tar.gz")) {
      response.end(readFileSync(`${archive}.addon`));
    } else if (request.url?.startsWith("/good/")) response.end(readFileSync(archive));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const officialFrom = (path: string) =>
  sources("linux", "x64", { TFJS_NODE_CDN_STORAGE: `${address}${path}` }).slice(0, 1);

test("the official library is unpacked once and then taken from the cache", async () => {
  const cache = join(folder, "cache");
  const lines: string[] = [];
  const first = await getLibrary(cache, (line: string) => lines.push(line), officialFrom("/good/"));
  const second = await getLibrary(cache, (line: string) => lines.push(line), officialFrom("/gone/"));
  expect(first.library).toMatchObject({ source: "official", version: "2.9.1" });
  expect(first.library?.libraries.map((path) => path.slice((first.library?.folder.length ?? 0) + 1))).toEqual([
    "lib/libtensorflow.so.2",
    "lib/libtensorflow_framework.so.2",
  ]);
  expect(second.library).toEqual(first.library);
  expect(lines).toEqual(["TensorFlow: 2.9.1 unpacked from the official libtensorflow download"]);
});

test("a download that fails gives its reason and leaves nothing behind", async () => {
  const cache = join(folder, "failures");
  const reasons = async (path: string) => (await getLibrary(cache, () => {}, officialFrom(path))).reasons;
  expect(await reasons("/gone/")).toEqual(["the official libtensorflow download: the server answered 404"]);
  expect((await reasons("/broken/"))[0]).toMatch(/^the official libtensorflow download: the archive does not unpack: /);
  expect(readdirSync(cache)).toEqual([]);
  const file = join(folder, "silent");
  await expect(download(`${address}/silent/`, file, 0.2)).rejects.toThrow("no answer");
  expect(existsSync(file)).toBe(false);
});

test("where the binding is not built, that is the reason", async () => {
  expect(sources("darwin", "arm64", {})).toEqual([]);
  expect(sources("linux", "riscv64", {})).toEqual([]);
  expect((await getLibrary(folder, () => {}, [])).reasons).toEqual([
    expect.stringContaining("on Linux x64 and arm64 alone"),
  ]);
});

test("a failure is remembered for a day, and forgotten on request", () => {
  let time = Date.parse("2026-01-01T00:00:00Z");
  const file = join(folder, "memory", "failed.json");
  const memory = memoryIn(file, { ignore: false, now: () => time });
  expect(memory.recall()).toBeUndefined();
  memory.remember("there is no Python");
  expect(memory.recall()).toBe("there is no Python");
  expect(memoryIn(file, { ignore: true }).recall()).toBeUndefined();
  time += 25 * 3_600_000;
  expect(memory.recall()).toBeUndefined();
  time -= 25 * 3_600_000;
  memory.forget();
  expect(memory.recall()).toBeUndefined();
});

/** A checkout whose packages are there in name, so that set-up has a binding to build and nothing to build it with. */
function bareCheckout(name: string): string {
  const checkout = join(folder, name);
  cpSync(join(root, "src/setup"), join(checkout, "src/setup"), { recursive: true });
  writeFileSync(join(checkout, "package.json"), JSON.stringify({ name: "bare" }));
  for (const name of ["@tensorflow/tfjs-node", "node-api-headers"]) {
    mkdirSync(join(checkout, "node_modules", name), { recursive: true });
    writeFileSync(join(checkout, "node_modules", name, "package.json"), JSON.stringify({ name, version: "4.22.0" }));
  }
  return checkout;
}

test("without Python, a compiler and a network set-up ends well and says so in a line", async () => {
  const setup = [join(bareCheckout("poor"), "src/setup/setup.mjs"), "--tests"];
  const env = {
    PATH: "",
    CI: "",
    HOME: folder,
    XDG_CACHE_HOME: join(folder, "empty"),
    TFJS_NODE_CDN_STORAGE: `${address}/gone/`,
    NIBBLE_TENSORFLOW: "",
  };
  const first = await run(process.execPath, setup, { env });
  const second = await run(process.execPath, setup, { env });
  expect(first).toMatchInlineSnapshot(`
    {
      "ok": true,
      "output": "TensorFlow: getting the native library (once for each user, up to 300 MB)
    TensorFlow: no native part (no C++ compiler; the official libtensorflow download: the server answered 404); TF.js runs on WebAssembly: the same results, slower training
    Python: installing onnx and onnxruntime into .nibble/venv
    Python: no onnx (there is no Python); tests that compare with Python's onnx are skipped
    Python: installing Jupyter into .nibble/venv
    Python: no Jupyter (there is no Python); tests of the kernel with Jupyter's own clients are skipped
    Python: no jupyter_kernel_test from debian (there is no apt-get); its tests of the kernel are skipped
    Python: no jupyter_kernel_test from pip (there is no pip); its tests of the kernel are skipped
    Chromium: not installed; CHROME_PATH names one elsewhere; tests of the kernel in a browser are skipped
    ",
    }
  `);
  expect(second).toMatchInlineSnapshot(`
    {
      "ok": true,
      "output": "TensorFlow: no native part (no C++ compiler; the official libtensorflow download: the server answered 404); TF.js runs on WebAssembly: the same results, slower training; \`npm run setup\` tries again
    Python: no onnx (there is no Python); tests that compare with Python's onnx are skipped; \`npm run setup -- --tests\` tries again
    Python: no Jupyter (there is no Python); tests of the kernel with Jupyter's own clients are skipped; \`npm run setup -- --tests\` tries again
    Python: no jupyter_kernel_test from debian (there is no apt-get); its tests of the kernel are skipped
    Python: no jupyter_kernel_test from pip (there is no pip); its tests of the kernel are skipped
    Chromium: not installed; CHROME_PATH names one elsewhere; tests of the kernel in a browser are skipped
    ",
    }
  `);
  const leftOut = await run(process.execPath, setup, { env: { ...env, NIBBLE_TENSORFLOW: "wasm" } });
  expect(leftOut.output.split("\n")[0]).toBe("TensorFlow: native part left out, NIBBLE_TENSORFLOW is wasm");
});

test.skipIf(process.platform !== "linux" || process.arch !== "x64")(
  "without a compiler the official library gets tfjs-node's own binding",
  async () => {
    const checkout = bareCheckout("no-compiler");
    const programs = join(folder, "programs");
    mkdirSync(programs);
    for (const name of ["tar", "gzip"]) {
      const path = spawnSync("which", [name], { encoding: "utf8" }).stdout.trim();
      symlinkSync(path, join(programs, name));
    }
    const env = {
      PATH: programs,
      XDG_CACHE_HOME: join(folder, "cache"),
      TFJS_NODE_CDN_STORAGE: `${address}/good/`,
      NIBBLE_TENSORFLOW: "",
    };
    const setup = () => run(process.execPath, [join(checkout, "src/setup/setup.mjs")], { env });
    expect((await setup()).output).toMatch(/\nTensorFlow: native 2\.9\.1, built in \d+ s\n$/);
    const module = join(checkout, "node_modules/@tensorflow/tfjs-node");
    expect(readFileSync(join(module, "lib/napi-v8/tfjs_binding.node")).equals(readFileSync(someAddon ?? ""))).toBe(
      true,
    );
    expect(existsSync(join(module, "deps/lib/libtensorflow.so.2"))).toBe(true);
    expect(await setup()).toEqual({ ok: true, output: "" });
  },
);

test("set-up built the native part, or was kept from it by the machine and not by a fault of its own", () => {
  if (existsSync(nativeBindingPath()) || ["wasm", "cpu"].includes(process.env.NIBBLE_TENSORFLOW ?? "")) return;
  const { reason } = JSON.parse(readFileSync(join(root, ".nibble/tensorflow-failed.json"), "utf8")) as {
    reason: string;
  };
  expect(reason).not.toMatch(/ failed: |does not load here|holds no libtensorflow|is not a function|undefined/);
});
