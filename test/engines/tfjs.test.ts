import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { nativeBindingPath } from "../../src/engines/tfjs.js";

const program = fileURLToPath(new URL("tensorflow-child.ts", import.meta.url));
const haveNative = existsSync(nativeBindingPath());
const folder = mkdtempSync(join(tmpdir(), "nibble-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the scenario returns; anything on the child's stderr fails the test. */
async function outcome(...args: readonly string[]): Promise<unknown> {
  const { TF_CPP_MIN_LOG_LEVEL: _, ...env } = process.env;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--import", "tsx", program, ...args], {
    env,
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test.each([...(haveNative ? ["tensorflow"] : []), "wasm", "cpu"])(
  "on %s a model trains, is saved and loaded again, and nothing is printed",
  async (backend) => {
    expect(await outcome("train", backend)).toEqual({
      backend,
      version: "4.22.0",
      handlers: 0,
      learned: true,
      same: true,
    });
  },
);

test("the gradients that wasm borrows are those of plain JavaScript, and leave no tensor behind", async () => {
  const [wasm, cpu] = await Promise.all([outcome("gradients", "wasm"), outcome("gradients", "cpu")]);
  expect(wasm).toEqual({ ...(cpu as object), backend: "wasm" });
  expect(wasm).toMatchObject({ leaked: 0, gradients: { rows: [2, 4, 0, 0, 20, 24] } });
});

test.skipIf(!haveNative)("tfjs-node works on a Node whose util has lost isArray and isNullOrUndefined", async () => {
  expect(await outcome("topk", "tensorflow")).toMatchObject({
    backend: "tensorflow",
    values: [9, 3],
    indices: [1, 2],
  });
});

test("a binding that does not load means wasm, without a word", async () => {
  const broken = join(folder, "tfjs_binding.node");
  writeFileSync(broken, "not a shared object");
  expect(await outcome("topk", "tensorflow", broken)).toMatchObject({ backend: "wasm", values: [9, 3] });
  expect(await outcome("topk", "tensorflow", join(folder, "absent.node"))).toMatchObject({ backend: "wasm" });
});

test.each([...(haveNative ? ["tensorflow"] : []), "wasm"])(
  "a DataFrame made before TF.js starts computes on %s",
  async (backend) => {
    expect(await outcome("frame", backend)).toMatchObject({
      backend,
      shape: [2, 2],
      mean: 0.975,
      sum: expect.closeTo(1.95),
    });
  },
);
