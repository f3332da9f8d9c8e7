import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { installKernels, kernelsIn, uninstallKernels } from "../../src/kernel/install/install.js";
import { thisMachine, userDataFolder } from "../../src/kernel/install/places.js";

const scratch = () => mkdtempSync(join(tmpdir(), "nibble-install-"));
const at = (prefix: string) => ({ kind: "prefix", prefix }) as const;

test("install writes both kernelspecs, a second time in their place, and uninstall takes them away", () => {
  const prefix = scratch();
  const data = join(prefix, "share", "jupyter");
  for (let i = 0; i < 2; i++) installKernels({ location: at(prefix) }, thisMachine());
  expect(kernelsIn(data).map(({ name }) => name)).toEqual(["nibble", "nibble-ts"]);
  expect(readdirSync(data)).toEqual(["kernels"]);
  const spec = JSON.parse(readFileSync(join(data, "kernels", "nibble-ts", "kernel.json"), "utf8"));
  expect(spec).toMatchObject({
    display_name: "TypeScript (Nibble)",
    language: "typescript",
    interrupt_mode: "message",
    metadata: { debugger: false },
  });
  expect(spec.argv.slice(-4)).toEqual(["--connection-file", "{connection_file}", "--language", "typescript"]);
  uninstallKernels({ location: at(prefix) }, thisMachine());
  expect(readdirSync(join(data, "kernels"))).toEqual([]);
});

test("a kernel that somebody else wrote is neither replaced nor removed", () => {
  const prefix = scratch();
  const foreign = join(prefix, "share", "jupyter", "kernels", "nibble");
  mkdirSync(foreign, { recursive: true });
  writeFileSync(join(foreign, "kernel.json"), "{}");
  expect(() => installKernels({ location: at(prefix) }, thisMachine())).toThrow(/Nibble did not write/);
  expect(() => uninstallKernels({ location: at(prefix) }, thisMachine())).toThrow(/no kernel/);
  expect(existsSync(foreign)).toBe(true);
});

test("what somebody added to a kernelspec survives uninstall", () => {
  const prefix = scratch();
  installKernels({ location: at(prefix), name: "Mine" }, thisMachine());
  const folder = join(prefix, "share", "jupyter", "kernels", "mine");
  writeFileSync(join(folder, "kernel.js"), "");
  const { removed, left } = uninstallKernels({ location: at(prefix), name: "mine" }, thisMachine());
  expect({ removed, left }).toEqual({ removed: [`${folder}-ts`], left: [folder] });
  expect(readdirSync(folder)).toEqual(["kernel.js"]);
});

test("a name that Jupyter would not accept is refused", () => {
  for (const name of ["a b", "../x", "é", "", "x".repeat(200)]) {
    expect(() => installKernels({ location: at(scratch()), name }, thisMachine())).toThrow(/name of a kernel/);
  }
});

test("Jupyter's data folder on each system", () => {
  const folder = (platform: NodeJS.Platform, env: Record<string, string> = {}) =>
    userDataFolder({ platform, env, home: "/home/me" });
  expect(folder("linux")).toBe("/home/me/.local/share/jupyter");
  expect(folder("linux", { XDG_DATA_HOME: "/data" })).toBe("/data/jupyter");
  expect(folder("darwin")).toBe("/home/me/Library/Jupyter");
  expect(folder("linux", { JUPYTER_DATA_DIR: "/elsewhere" })).toBe("/elsewhere");
});

test.skipIf(process.platform === "win32")(
  "the launcher takes the package beside the notebook first, then where it was installed from",
  () => {
    const prefix = scratch();
    installKernels({ location: at(prefix) }, thisMachine());
    const start = join(prefix, "share", "jupyter", "kernels", "nibble", "start.sh");
    const where = (cwd: string) => {
      const { stdout, stderr } = spawnSync("/bin/sh", [start, "--where"], { cwd, encoding: "utf8" });
      return stdout === "" ? stderr : JSON.parse(stdout).folder;
    };
    const notebooks = join(scratch(), "a b", "deep");
    const local = join(notebooks, "..", "node_modules", "nibble-quant");
    mkdirSync(notebooks, { recursive: true });
    expect(where(notebooks)).toBe(ownPackage().folder);
    mkdirSync(join(local, "dist", "kernel"), { recursive: true });
    writeFileSync(join(local, "package.json"), '{"name":"nibble-quant"}');
    expect(where(notebooks)).toBe(ownPackage().folder);
    writeFileSync(join(local, "dist", "kernel", "main.js"), "");
    expect(where(notebooks)).toBe(local);
  },
);
