import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { packagesState } from "../../src/setup/packages.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

type Entries = Record<string, { version?: string; optional?: boolean }>;

/** A project with a lock file and npm's own note of what it installed. */
function project(lock: Entries | undefined, installed: Entries | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), "nibble-test-"));
  folders.push(folder);
  const write = (file: string, packages: Entries | undefined) => {
    if (packages === undefined) return;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), JSON.stringify({ packages }));
  };
  write("package-lock.json", lock);
  write("node_modules/.package-lock.json", installed);
  return folder;
}

const lock: Entries = {
  "": {},
  "node_modules/a": { version: "1.0.0" },
  "node_modules/b": { version: "2.0.0", optional: true },
};

test("packages are absent, stale or fresh as the lock file says", () => {
  expect(packagesState(project(lock, undefined))).toBe("absent");
  expect(packagesState(project(lock, { "node_modules/a": { version: "1.0.0" } }))).toBe("fresh"); // b is optional
  expect(packagesState(project(lock, { "node_modules/a": { version: "1.0.1" } }))).toBe("stale");
  expect(packagesState(project(lock, {}))).toBe("stale");
  const otherB = { "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "1.9.0" } };
  expect(packagesState(project(lock, otherB))).toBe("stale");
  expect(packagesState(project(undefined, undefined))).toBe("fresh"); // an installed package has no lock of its own
});

interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
}

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const ours = (JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock).packages;

test("there is exactly one copy of each part of TF.js", () => {
  const parts = Object.keys(ours).filter((path) => /node_modules\/@tensorflow\/[^/]+$/.test(path));
  expect(parts.filter((path) => path.endsWith("/tfjs-core"))).toEqual(["node_modules/@tensorflow/tfjs-core"]);
  expect(new Set(parts.map((path) => path.split("/").at(-1))).size).toBe(parts.length);
  expect([...new Set(parts.map((path) => ours[path]?.version))]).toEqual(["4.22.0"]);
});

test("every package comes from the registry by version, none from an address", () => {
  const addressed = Object.entries(ours).filter(
    ([, { version, resolved }]) => /:/.test(version ?? "") || resolved !== undefined,
  );
  expect(addressed.map(([path]) => path)).toEqual([]);
});

test("the lock file names every package that another asks for, those of other platforms too, as npm ci demands", () => {
  /** The nearest node_modules that holds the name, from the package outwards. */
  const holds = (path: string, name: string): boolean => {
    if (ours[`${path === "" ? "" : `${path}/`}node_modules/${name}`] !== undefined) return true;
    return path !== "" && holds(path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/"))), name);
  };
  const missing = Object.entries(ours).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !holds(path, name))
      .map((name) => `${path} asks for ${name}`),
  );
  expect(missing).toEqual([]);
});
