import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../src/base/diagnostic.js";
import { ownPackage } from "../../src/base/package.js";
import { inspectKernels } from "../../src/kernel/install/doctor.js";
import { installKernels, kernelsIn, uninstallKernels } from "../../src/kernel/install/install.js";
import { dataFolder, type Machine, thisMachine, userDataFolder } from "../../src/kernel/install/places.js";
import { venvPython } from "../../src/setup/python.mjs";
import { havePython } from "../python.js";

const scratch = () => realpathSync(mkdtempSync(join(tmpdir(), "nibble-install-")));
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

/** A machine on which nothing is installed, and whose folders are all in `home`. */
const bareMachine = (home: string, env: Record<string, string> = {}): Machine => ({
  platform: "win32",
  env: { PATH: "", APPDATA: join(home, "roaming"), PROGRAMDATA: join(home, "all"), ...env },
  home,
});

test("a place that cannot be written is said at once, and nothing is left there", () => {
  const file = join(scratch(), "file");
  writeFileSync(file, "");
  const places = process.platform === "linux" ? [file, join(file, "below"), "/proc/x", "/dev/null"] : [file];
  const reasons = places.map((place) => {
    try {
      return installKernels({ location: at(place) }, thisMachine()).installed.length;
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      const [{ code, facts } = { code: "", facts: {} }] = error.diagnostics;
      return `${code}: ${(facts as { reason: string }).reason}`;
    }
  });
  const notFolder = "kernelspec-not-writable: a part of the path is a file";
  expect(reasons).toEqual(
    [notFolder, notFolder, "kernelspec-not-writable: no folder can be made there", notFolder].slice(0, places.length),
  );
  expect(readFileSync(file, "utf8")).toBe("");
});

test("a kernelspec without our mark in the second place leaves the first as it was", () => {
  const prefix = scratch();
  const kernels = join(prefix, "share", "jupyter", "kernels");
  mkdirSync(join(kernels, "nibble-ts"), { recursive: true });
  expect(() => installKernels({ location: at(prefix), name: "NIBBLE" }, thisMachine())).toThrow(/Nibble did not write/);
  expect(readdirSync(kernels)).toEqual(["nibble-ts"]);
});

describe("--sys-prefix", () => {
  const folder = (env: Record<string, string>) => dataFolder({ kind: "sys-prefix" }, { ...thisMachine(), env });

  test("means the active environment, while it is there", () => {
    const active = scratch();
    expect(folder({ VIRTUAL_ENV: active, PATH: "" })).toBe(join(active, "share", "jupyter"));
    expect(() => folder({ VIRTUAL_ENV: join(active, "gone"), PATH: "" })).toThrow(/no Python on PATH/);
  });

  test.skipIf(!havePython)("means the environment of the Python on PATH otherwise", () => {
    const python = venvPython(join(ownPackage().folder, ".nibble"));
    expect(folder({ PATH: dirname(python) })).toBe(join(dirname(dirname(python)), "share", "jupyter"));
  });
});

describe("doctor", () => {
  const kernels = async (machine: Machine, folder: string) =>
    (await inspectKernels(machine, folder)).filter(({ name }) => name.startsWith("kernel"));

  test("says what to do when nothing is installed", async () => {
    const home = scratch();
    expect(await kernels(bareMachine(home), home)).toEqual([
      {
        name: "kernelspecs",
        status: "missing",
        detail: "not installed",
        cost: "Jupyter does not offer the kernels",
        mend: "nibble kernel install",
      },
    ]);
  });

  test.skipIf(process.platform === "win32")(
    "finds a launcher whose package is gone, and a kernel.json that is broken",
    async () => {
      const prefix = scratch();
      const data = join(prefix, "share", "jupyter");
      installKernels({ location: at(prefix) }, thisMachine());
      const file = (name: string, spec: string) => join(data, "kernels", spec, name);
      writeFileSync(file("nibble.json", "nibble"), JSON.stringify({ package: join(prefix, "gone") }));
      writeFileSync(file("kernel.json", "nibble-ts"), "{");
      const found = await kernels(bareMachine(prefix, { JUPYTER_PATH: data }), prefix);
      expect(found.map(({ name, status, detail }) => `${name} ${status}: ${detail.replaceAll(prefix, "~")}`)).toEqual([
        "kernel nibble missing: ~/share/jupyter/kernels/nibble: nibble kernel: the package nibble-quant is not above ~, no longer at ~/gone, and not installed globally",
        "kernel nibble-ts missing: ~/share/jupyter/kernels/nibble-ts: kernel.json is broken",
      ]);
    },
  );
});
