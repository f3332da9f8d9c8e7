import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build, buildIsStale } from "../../src/setup/build.mjs";
import { run } from "../../src/setup/command.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "nibble-test-"));
const installed = join(project, "node_modules", "nibble-quant");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** Packs the package and unpacks it into a project whose other packages are links to ours: an install without a network. */
beforeAll(async () => {
  if (buildIsStale(root)) await build(root, { quick: false });
  const packed = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", project], { cwd: root });
  expect(packed).toMatchObject({ ok: true });
  mkdirSync(installed, { recursive: true });
  const tarball = join(project, `nibble-quant-${manifest.version}.tgz`);
  expect(await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"])).toEqual({
    ok: true,
    output: "",
  });
  for (const name of readdirSync(join(root, "node_modules")).filter((entry) => !entry.startsWith("."))) {
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  }
});

afterAll(() => rmSync(project, { recursive: true }));

/** The exports that a program in the project sees. */
async function exportsSeenBy(file: string, text: string): Promise<string[]> {
  writeFileSync(join(project, file), text);
  const { ok, output } = await run(process.execPath, [file], { cwd: project });
  if (!ok) throw new Error(output);
  return JSON.parse(output);
}

test("import and require give the same exports", async () => {
  const show = "console.log(JSON.stringify(Object.keys(nibble).filter((name) => name !== 'default').sort()))";
  const imported = await exportsSeenBy("esm.mjs", `import * as nibble from "nibble-quant"; ${show}`);
  const required = await exportsSeenBy("cjs.cjs", `const nibble = require("nibble-quant"); ${show}`);
  expect(imported).toContain("nibble");
  expect(required).toEqual(imported);
});

/** Fails where the types are missing (everything would be `any`), so a wrong name must be an error. */
const typed = `
const tag: Function = nibble.nibble;
// @ts-expect-error
nibble.noSuchExport;
export { tag };
`;

const resolutions = {
  "import under nodenext": ["a.mts", `import * as nibble from "nibble-quant";`, "nodenext", "nodenext"],
  "require under nodenext": ["b.cts", `import nibble = require("nibble-quant");`, "nodenext", "nodenext"],
  "CommonJS with Node10 resolution, as tslab compiles": [
    "c.ts",
    `import * as nibble from "nibble-quant";`,
    "commonjs",
    "node10",
  ],
} as const;

test.each(Object.keys(resolutions) as (keyof typeof resolutions)[])("tsc sees the types: %s", async (name) => {
  const [file, line, module, moduleResolution] = resolutions[name];
  writeFileSync(join(project, file), line + typed);
  const compilerOptions = {
    module,
    moduleResolution,
    target: "es2022",
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const config = `tsconfig.${file}.json`;
  writeFileSync(
    join(project, config),
    JSON.stringify({ compilerOptions: { ...compilerOptions, types: ["node"] }, files: [file] }),
  );
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  expect(await run(process.execPath, [tsc, "-p", config], { cwd: project })).toEqual({ ok: true, output: "" });
});

test("the package holds what runs, its licence and its models, and neither sources nor tests", () => {
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
  for (const file of [
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "dist/run/worker.js",
    "dist/index.d.cts",
    "src/setup/setup.mjs",
  ]) {
    expect(files).toContain(file);
  }
  expect(files.filter((file) => /^(src\/(?!setup|cli)|test|grammar)\/|^src\/.*\.ts$/.test(file))).toEqual([]);
});

test("the installed command runs without building anything", async () => {
  const launcher = join(installed, "src/cli/nibble.mjs");
  const { ok, output } = await run(process.execPath, [launcher, "--version"], { cwd: project });
  expect({ ok, output: output.trim() }).toEqual({ ok: true, output: manifest.version });
});
