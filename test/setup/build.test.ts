import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { buildIsStale } from "../../src/setup/build.mjs";
import { run } from "../../src/setup/command.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A package of files with times in seconds; folders are as old as the eldest of time. */
function packageOf(files: Readonly<Record<string, number>>): string {
  const folder = mkdtempSync(join(tmpdir(), "nibble-test-"));
  folders.push(folder);
  for (const file of Object.keys(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  for (const [file, seconds] of Object.entries(files)) {
    utimesSync(join(folder, file), seconds, seconds);
    for (let above = dirname(file); above !== "."; above = dirname(above)) utimesSync(join(folder, above), 1, 1);
  }
  return folder;
}

test("a build is stale when it is missing or older than a source, and never in an installed package", () => {
  expect(buildIsStale(packageOf({ "src/cli/main.ts": 10 }))).toBe(true);
  expect(buildIsStale(packageOf({ "src/cli/main.ts": 10, "dist/cli/main.js": 20 }))).toBe(false);
  expect(buildIsStale(packageOf({ "src/cli/main.ts": 10, "dist/cli/main.js": 20, "src/ir/graph.ts": 30 }))).toBe(true);
  expect(buildIsStale(packageOf({ "src/cli/main.ts": 10, "dist/cli/main.js": 20, "grammar/tokens.ts": 30 }))).toBe(
    true,
  );
  expect(buildIsStale(packageOf({ "src/cli/nibble.mjs": 10 }))).toBe(false);
});

/** A package with our launcher whose `dist/cli/main.js` is this text. */
function launching(main: string): string {
  const folder = packageOf({ "dist/cli/main.js": 20 });
  for (const path of ["src/setup", "src/cli/nibble.mjs"])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "dist/cli/main.js"), main);
  return folder;
}

const launch = (folder: string, ...args: string[]) =>
  run(process.execPath, [join(folder, "src/cli/nibble.mjs"), ...args]);

test("the launcher hands over its arguments, and the exit code comes back", async () => {
  const folder = launching("process.stdout.write(process.argv.slice(2).join('+')); process.exitCode = 3;");
  expect(await launch(folder, "run", "a b.nib")).toEqual({ ok: false, output: "run+a b.nib" });
});

test("a reader that closes the pipe ends the command without a trace", async () => {
  const folder = launching("for (;;) await new Promise((done) => process.stdout.write('line\\n', done));");
  const script = `"$0" "$1" | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const shown = await run("bash", ["-c", script, process.execPath, join(folder, "src/cli/nibble.mjs")]);
  expect(shown).toEqual({ ok: true, output: "line\n141\n" });
});

test("without its packages the launcher says what to do", async () => {
  const folder = launching('import "commander";');
  const { ok, output } = await launch(folder);
  expect({ ok, output: output.replace(folder, "FOLDER") }).toMatchInlineSnapshot(`
    {
      "ok": false,
      "output": "nibble cannot start: commander is missing: run \`npm run setup\` in FOLDER
    ",
    }
  `);
});

test("a checkout that cannot be built says what to do", async () => {
  const folder = launching("");
  utimesSync(join(folder, "dist/cli/main.js"), 20, 20);
  writeFileSync(join(folder, "src/cli/main.ts"), "");
  expect(await launch(folder)).toMatchInlineSnapshot(`
    {
      "ok": false,
      "output": "building dist from the sources
    nibble cannot start: the packages are not installed: run \`npm run setup\`
    ",
    }
  `);
});
