import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Diagnostic, DiagnosticError, renderDiagnostic, words } from "../../src/base/diagnostic.js";
import { toRecordJson } from "../../src/results/json.js";
import { completedTrials, latestRecords, ledgerPath, openLedger, readLedger } from "../../src/results/ledger.js";
import type { DiagnosisRecord } from "../../src/results/record.js";
import { completed, failed, skipped } from "./fixtures/records.js";

function freshPath(): string {
  return join(mkdtempSync(join(tmpdir(), "nibble-ledger-")), "results", "sweep", "ledger.jsonl");
}

async function messageOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map((d) => renderDiagnostic(d, new Map())).join("\n");
  }
  return "nothing was thrown";
}

/** A diagnosis of a completed trial. */
function diagnosed(trial: string, samples: number): DiagnosisRecord {
  const { schemaVersion, experiment, scheme, manifest } = completed(trial);
  const arm = { drop: { value: 0, ci95: [0, 0] }, sqnrDb: null } as const;
  const diagnosis = { metric: "top1", all: arm, weightsOnly: arm, layers: [], samples, findings: [] } as const;
  return { schemaVersion, experiment, trial, scheme, manifest, status: "diagnosed", diagnosis };
}

describe("appending and reading", () => {
  test("diagnoses lie in the same ledger, apart from the trials; of two of one trial the later counts", async () => {
    const path = freshPath();
    const ledger = openLedger(path);
    for (const record of [completed("a"), diagnosed("a", 1), completed("b"), diagnosed("b", 2), diagnosed("a", 3)]) {
      await ledger.append(record);
    }
    const { records, diagnoses, diagnostics } = readLedger(path);
    expect(records).toEqual([completed("a"), completed("b")]);
    expect(diagnoses).toEqual([diagnosed("b", 2), diagnosed("a", 3)]);
    expect(diagnostics).toEqual([]);
    appendFileSync(path, `${toRecordJson(diagnosed("a", 3)).replace('"samples":3', '"samples":-3')}\n`);
    const [warning] = readLedger(path).diagnostics;
    expect(warning && words(warning).message).toContain("diagnosis.samples is not a whole number of at least 0");
  });

  test("records come back in the order written, and a later record of a trial wins", async () => {
    const path = freshPath();
    const ledger = openLedger(path);
    const written = [completed("a"), failed("b"), skipped("c"), completed("b"), failed("a")];
    for (const record of written) await ledger.append(record);
    const { records, diagnostics } = readLedger(path);
    expect(diagnostics).toEqual([]);
    expect(records.map(({ trial, status }) => `${trial} ${status}`)).toEqual([
      "a completed",
      "b failed",
      "c skipped",
      "b completed",
      "a failed",
    ]);
    expect(latestRecords(records).map(({ trial, status }) => `${trial} ${status}`)).toEqual([
      "a failed",
      "b completed",
      "c skipped",
    ]);
    expect([...completedTrials(records).keys()]).toEqual(["b"]);
  });

  test("a ledger that does not exist is an empty one, and its place follows from the experiment", () => {
    expect(readLedger(freshPath())).toEqual({ records: [], diagnoses: [], diagnostics: [] });
    expect(ledgerPath(".nibble/results", "sweep")).toBe(".nibble/results/sweep/ledger.jsonl");
  });
});

describe("a last line that was cut off", () => {
  test("is dropped by the reader without a word, wherever the cut is", async () => {
    const path = freshPath();
    await openLedger(path).append(completed("a"));
    const whole = readFileSync(path);
    const line = Buffer.from(toRecordJson(completed("b", { layers: [{ layer: "größe", sqnrDb: 30 }] })));
    for (let cut = 0; cut < line.length; cut += 7) {
      writeFileSync(path, Buffer.concat([whole, line.subarray(0, cut)]));
      const { records, diagnostics } = readLedger(path);
      expect([records.map((record) => record.trial), diagnostics]).toEqual([["a"], []]);
    }
  });

  test("is cut away by the next append, which loses nothing else", async () => {
    const path = freshPath();
    const ledger = openLedger(path);
    await ledger.append(completed("a"));
    appendFileSync(path, toRecordJson(completed("b")).slice(0, -20));
    await ledger.append(completed("c"));
    expect(readLedger(path).records.map((record) => record.trial)).toEqual(["a", "c"]);
    expect(readFileSync(path, "utf8").split("\n").length).toBe(3);
  });

  test("is kept when only its newline is missing", async () => {
    const path = freshPath();
    const ledger = openLedger(path);
    appendFileSync(path, toRecordJson(completed("a")));
    expect(readLedger(path).records.map((record) => record.trial)).toEqual(["a"]);
    await ledger.append(completed("b"));
    expect(readLedger(path).records.map((record) => record.trial)).toEqual(["a", "b"]);
  });

  test("longer than the read buffer is found whole", async () => {
    const path = freshPath();
    const ledger = openLedger(path);
    await ledger.append(completed("a"));
    appendFileSync(path, `{"x":"${"y".repeat(200_000)}`);
    await ledger.append(completed("b"));
    expect(readLedger(path).records.map((record) => record.trial)).toEqual(["a", "b"]);
  });
});

test("lines that are not records are left out with a warning each, a torn last one without", async () => {
  const path = freshPath();
  await openLedger(path).append(completed("a"));
  const good = readFileSync(path, "utf8");
  const lines = [
    good.trimEnd(),
    "not json",
    JSON.stringify({ ...completed("b"), schemaVersion: 2 }),
    JSON.stringify({ ...completed("c"), accuracy: { drop: { value: 0, ci95: [1, -1] } } }),
    "",
    toRecordJson(completed("d")),
    '{"schemaVersion":1,"exp',
  ];
  writeFileSync(path, lines.join("\n"));
  const { records, diagnostics } = readLedger(path);
  expect(records.map((record) => record.trial)).toEqual(["a", "d"]);
  const text = diagnostics.map((d) => renderDiagnostic(d, new Map()).replaceAll(path, "LEDGER")).join("\n");
  expect(text).toMatchInlineSnapshot(`
    "warning[ledger-line]: line 2 of LEDGER is not a record and was left out: it is not JSON
         = hint: its trial will be measured again; delete the line to silence this
    warning[record-version]: line 3 of LEDGER has schemaVersion 2, but this Nibble knows up to 1; it was left out
         = hint: update Nibble to read it
    warning[ledger-line]: line 4 of LEDGER is not a record and was left out: accuracy.drop.ci95 is not two numbers in ascending order
         = hint: its trial will be measured again; delete the line to silence this"
  `);
});

describe("two writers at once", () => {
  const writer = fileURLToPath(new URL("./fixtures/writer.ts", import.meta.url));

  test("two processes append a hundred records each, and every line is whole", async () => {
    const path = freshPath();
    openLedger(path);
    const children = ["left", "right"].map((name) =>
      fork(writer, [path, name, "100"], { execArgv: ["--import", "tsx"], stdio: "inherit" }),
    );
    const codes = await Promise.all(children.map((child) => once(child, "exit")));
    expect(codes.map(([code]) => code)).toEqual([0, 0]);
    const { records, diagnostics } = readLedger(path);
    expect(diagnostics).toEqual([]);
    for (const name of ["left", "right"]) {
      expect(records.filter(({ trial }) => trial.startsWith(name)).map(({ trial }) => trial)).toEqual(
        Array.from({ length: 100 }, (_, i) => `${name}-${i}`),
      );
    }
  });

  test("many appends of one process at once all arrive", async () => {
    const path = freshPath();
    const ledger = openLedger(path);
    const names = Array.from({ length: 20 }, (_, i) => `t${i}`);
    await Promise.all(names.map((name) => ledger.append(completed(name))));
    expect(
      readLedger(path)
        .records.map((record) => record.trial)
        .sort(),
    ).toEqual([...names].sort());
  });

  test("a lock left by a process that died is taken over", async () => {
    const path = freshPath();
    const ledger = openLedger(path);
    mkdirSync(`${path}.lock`);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${path}.lock`, longAgo, longAgo);
    await ledger.append(completed("a"));
    expect(readLedger(path).records.length).toBe(1);
  });
});

test("a lock that is never released is reported with the way out", async () => {
  const path = freshPath();
  const ledger = openLedger(path, { patienceMs: 100 });
  mkdirSync(`${path}.lock`);
  const text = await messageOf(() => ledger.append(completed("a")));
  expect(text.replaceAll(path, "LEDGER")).toMatchInlineSnapshot(`
    "error[ledger-locked]: another run has kept the ledger LEDGER locked for 0.1 seconds
         = hint: wait for it to end; when none is running, delete the folder LEDGER.lock"
  `);
});

test("of many lines that are no records five are named and the others counted", () => {
  const path = freshPath();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${"x\n".repeat(5)}{"schemaVersion":2}\n${"y\n".repeat(1000)}`);
  const { diagnostics } = readLedger(path);
  expect(diagnostics.map(({ code }) => code)).toEqual([...Array(5).fill("ledger-line"), "ledger-lines-more"]);
  expect(words(diagnostics[5] as Diagnostic).message.replace(path, "LEDGER")).toBe(
    "1001 more lines of LEDGER were left out",
  );
});

describe("places that cannot be written to", () => {
  test("a file where a folder should be", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nibble-ledger-"));
    writeFileSync(join(folder, "results"), "");
    const text = await messageOf(() => openLedger(join(folder, "results", "sweep", "ledger.jsonl")));
    expect(text.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
      "error[ledger-not-writable]: results cannot be written to FOLDER/results/sweep/ledger.jsonl: a part of the path is not a folder (ENOTDIR)
           = hint: rename the file that is in the way, or write elsewhere with \`--out DIR\`"
    `);
  });

  test("a folder in the place of the file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nibble-ledger-"));
    const text = await messageOf(() => openLedger(folder));
    expect(text.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
      "error[ledger-not-writable]: results cannot be written to FOLDER: a folder or a pipe stands in its place (EISDIR)
           = hint: move it away, or write elsewhere with \`--out DIR\`"
    `);
  });

  test.runIf(process.platform === "linux")("a device that never ends is not read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nibble-ledger-"));
    const path = join(folder, "ledger.jsonl");
    symlinkSync("/dev/zero", path);
    const text = await messageOf(() => readLedger(path));
    expect(text.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
      "error[ledger-not-readable]: the ledger FOLDER/ledger.jsonl cannot be read (it is no regular file)
           = hint: check that the file is readable, or move it away to start a new one"
    `);
  });

  test.runIf(process.platform === "linux")("a full disk loses the record in flight and nothing else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nibble-ledger-"));
    const path = join(folder, "ledger.jsonl");
    // Every write to /dev/full fails as on a full disk.
    symlinkSync("/dev/full", path);
    const text = await messageOf(() => openLedger(path).append(completed("a")));
    expect(text.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
      "error[ledger-not-writable]: results cannot be written to FOLDER/ledger.jsonl: no space is left on the disk (ENOSPC)
           = hint: free some space, then run again: finished trials are kept"
    `);
  });

  test.runIf(process.platform === "linux")("a folder that only another user may write to", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nibble-ledger-"));
    const text = await asUnprivileged(folder, () =>
      messageOf(() => openLedger(join(folder, "results", "ledger.jsonl"))),
    );
    expect(text.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
      "error[ledger-not-writable]: results cannot be written to FOLDER/results/ledger.jsonl: permission is denied (EACCES)
           = hint: make the folder writable for this user, or write elsewhere with \`--out DIR\`"
    `);
  });
});

/** Runs `action` with `folder` read-only for this process, also when the tests run as root. */
async function asUnprivileged<T>(folder: string, action: () => Promise<T>): Promise<T> {
  const { chmodSync } = await import("node:fs");
  chmodSync(folder, 0o555);
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    return await action();
  } finally {
    if (root) process.seteuid?.(0);
    chmodSync(folder, 0o755);
  }
}
