import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { digits, nibble, project, startNibble } from "./command.js";

const untimed = `${digits()}
experiment sweep {
  model net
  data rows
  try dynamic
  try static { samples: 64 }
  measure accuracy, size
}
`;

const results = (folder: string) => join(folder, ".nibble/results/sweep");
const ledger = (folder: string) =>
  readFileSync(join(results(folder), "ledger.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly trial: string; readonly status: string });

/** Live children of a process that run our worker. */
function workersOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, "utf8");
        return (
          new RegExp(`^PPid:\\s+${parent}$`, "m").test(status) &&
          readFileSync(`/proc/${name}/cmdline`, "utf8").includes("run/worker")
        );
      } catch {
        // It ended between the two reads.
        return false;
      }
    })
    .map(Number);
}

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const shell = (command: string, folder: string) =>
  new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const child = spawn("bash", ["-c", command], { cwd: folder, env: { ...process.env, NO_COLOR: "1" } });
    const text = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      text.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      text.stderr += chunk;
    });
    child.on("close", (code) => resolve({ code, ...text }));
  });
const command = `${process.execPath} ${join(ownPackage().folder, "src/cli/nibble.mjs")}`;

test("a child killed while model and data are opened costs no trial", async () => {
  const folder = project(untimed);
  const run = startNibble(["run", "sweep.nib"], folder);
  const [worker] = await until(() => {
    const workers = workersOf(run.child.pid ?? -1);
    return workers.length > 0 && workers;
  });
  process.kill(worker as number, "SIGKILL");
  expect((await run.finished).code).toBe(0);
  expect(ledger(folder).map(({ status }) => status)).toEqual(Array(3).fill("completed"));
});

test("children end with a parent that is killed, and the next run goes on from its ledger", async () => {
  const folder = project(untimed);
  const run = startNibble(["run", "sweep.nib"], folder);
  await run.printed("[1/3]");
  const workers = workersOf(run.child.pid ?? -1);
  run.child.kill("SIGKILL");
  await run.finished;
  await until(() => workers.every((pid) => !existsSync(`/proc/${pid}`)));
  const before = ledger(folder);
  expect((await nibble(["run", "sweep.nib"], folder)).code).toBe(0);
  expect(ledger(folder).slice(0, before.length)).toEqual(before);
  expect(new Set(ledger(folder).map(({ trial }) => trial)).size).toBe(3);
});

test("a polite kill stops a run as Ctrl-C does", async () => {
  const folder = project(untimed);
  const run = startNibble(["run", "sweep.nib"], folder);
  await run.printed("[1/3]");
  run.child.kill("SIGTERM");
  const { code, stderr } = await run.finished;
  expect(code).toBe(130);
  expect(stderr).toContain("finished trials are on disk");
});

test("model files that are deleted in mid-run are made anew", async () => {
  const folder = project(untimed.replace("size\n", "size, latency\n"));
  const run = startNibble(["run", "sweep.nib", "--quick"], folder);
  await run.printed("[1/3]");
  rmSync(join(results(folder), "models"), { recursive: true });
  const { stderr } = await run.finished;
  // The trial that was being timed may have lost its file; no later one did.
  expect(
    ledger(folder)
      .slice(2)
      .map(({ status }) => status),
    stderr,
  ).toEqual(["completed"]);
});

test("a reader that has seen enough, and a full output, end the command; what was finished is kept", async () => {
  const folder = project(untimed);
  const seen = await shell(`${command} run sweep.nib --json --quiet | head -1; echo "codes \${PIPESTATUS[@]}"`, folder);
  const [record, codes] = seen.stdout.trim().split("\n") as [string, string];
  expect(JSON.parse(record)).toMatchObject({ status: "completed" });
  expect(codes).toMatch(/^codes (0|141) 0$/);
  expect(ledger(folder).length).toBeGreaterThan(0);
  const full = await shell(`${command} check sweep.nib > /dev/full`, folder);
  expect(full).toMatchObject({
    code: 3,
    stderr: "nibble cannot write its results: ENOSPC: no space left on device, write\n",
  });
});

test("results folders that take nothing are one diagnostic, at once", async () => {
  const folder = project(untimed);
  const to = async (out: string) => (await nibble(["run", "sweep.nib", "--out", out], folder)).stderr.split("\n")[0];
  expect(await to("/proc/nibble")).toMatchInlineSnapshot(
    `"error[ledger-not-writable]: results cannot be written to /proc/nibble/sweep/ledger.jsonl: its folder is gone or cannot be made (ENOENT)"`,
  );
  expect(await to("/dev/null")).toMatchInlineSnapshot(
    `"error[ledger-not-writable]: results cannot be written to /dev/null/sweep/ledger.jsonl: a part of the path is not a folder (ENOTDIR)"`,
  );
  mkdirSync(results(folder), { recursive: true });
  execFileSync("mkfifo", [join(results(folder), "ledger.jsonl")]);
  expect((await to(".nibble/results"))?.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(
    `"error[ledger-not-writable]: results cannot be written to FOLDER/.nibble/results/sweep/ledger.jsonl: a folder or a pipe stands in its place (a pipe)"`,
  );
});

test("a report that cannot be written takes nothing from the table", async () => {
  const folder = project(untimed.replace(/ {2}try static.*\n/, ""));
  mkdirSync(join(results(folder), "report.html", "in the way"), { recursive: true });
  const { code, stdout, stderr } = await nibble(["run", "sweep.nib"], folder);
  expect(code).toBe(3);
  expect(stderr).toContain("error[report-not-written]: the report could not be written to");
  expect(stdout).toMatch(/^ dynamic .*%/m);
  expect(stdout).not.toContain("report:");
});

test("with --json everything on standard output is JSON, mistakes and failures too", async () => {
  const folder = project(untimed);
  writeFileSync(join(folder, "wrong.nib"), "modle x = 1\nparam \u001b = 2\n");
  writeFileSync(join(folder, "failing.nib"), untimed.replace("scale: 1/16", "scale: 1e300"));
  for (const [file, wanted, least] of [
    ["absent.nib", 2, 1],
    ["wrong.nib", 2, 2],
    ["failing.nib", 3, 3],
  ] as const) {
    const { code, stdout, stderr } = await nibble(["run", file, "--json", "--quiet"], folder);
    expect({ file, code, stderr }).toEqual({ file, code: wanted, stderr: "" });
    const lines = stdout.trim().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(least);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty("diagnostic.message");
  }
});

test("of very many mistakes the first are shown and the others counted", async () => {
  const folder = project("param a = $b\n".repeat(200));
  const { code, stdout, stderr } = await nibble(["check", "sweep.nib"], folder);
  expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringMatching(/^sweep\.nib: \d+ mistakes\n$/) });
  expect(stderr.match(/^error\[/gm)).toHaveLength(50);
  expect(stderr).toMatch(/\n\.\.\. and \d+ more; `--json` lists them all\n\n$/);
});

test("a program without experiments says so; a pipe that it imports is not waited for", async () => {
  const folder = project("");
  const empty = await nibble(["run", "sweep.nib"], folder);
  expect(empty.code).toBe(0);
  expect(empty.stderr).toContain("warning[nothing-to-run]: the program has no experiment, so nothing runs");
  execFileSync("mkfifo", [join(folder, "pipe.nib")]);
  writeFileSync(join(folder, "sweep.nib"), 'import "pipe.nib"\n');
  const { code, stderr } = await nibble(["run", "sweep.nib"], folder);
  expect(code).toBe(2);
  expect(stderr).toContain(
    'error[import-unreadable] sweep.nib:1:8: "pipe.nib" cannot be read: it is a pipe or a device',
  );
});
