import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { digits, nibble, project, startNibble } from "./command.js";

interface Line {
  readonly trial: string;
  readonly status: string;
  readonly stage?: string;
  readonly scheme: { readonly name: string; readonly execution: string };
  readonly attestation: { readonly attested: boolean };
  readonly parity: { readonly maxRelativeError: number };
}

const lines = (text: string): Line[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

const ledger = (folder: string) => lines(readFileSync(join(folder, ".nibble/results/sweep/ledger.jsonl"), "utf8"));

/** A process id below `parent` that runs our worker; the run always has one while trials are left. */
async function childWorker(parent: number): Promise<number> {
  for (;;) {
    for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
      try {
        const isChild = new RegExp(`^PPid:\\s+${parent}$`, "m").test(readFileSync(`/proc/${name}/status`, "utf8"));
        if (isChild && readFileSync(`/proc/${name}/cmdline`, "utf8").includes("run/worker")) return Number(name);
      } catch {
        // It ended between the two reads.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Nothing is timed, so that the test is quick. */
const untimed = `${digits()}
experiment sweep {
  model net
  data rows
  try dynamic { weights: int8 per_channel }
  try static { weights: int8 per_channel, activations: uint8, calibration: minmax | entropy, samples: 64 }
  try weight_only { weights: int8 | int4, group: 32 }
  measure accuracy, size
  expect static.accuracy_drop < 5%
}
`;

test("--json prints one record a trial, executed, attested and at parity; a second run measures nothing anew", async () => {
  const folder = project(untimed);
  const first = await nibble(["run", "sweep.nib", "--json"], folder);
  expect(first).toMatchObject({ code: 0 });
  const records = lines(first.stdout);
  expect(records.map(({ scheme }) => scheme.name)).toEqual([
    "fp32",
    "dynamic",
    "static",
    "static",
    "weight_only",
    "weight_only",
  ]);
  for (const { status, scheme, attestation, parity } of records) {
    expect({ status, execution: scheme.execution, attested: attestation.attested }).toEqual({
      status: "completed",
      execution: "executed",
      attested: true,
    });
    expect(parity.maxRelativeError).toBeLessThanOrEqual(1e-4);
  }
  const second = await nibble(["run", "sweep.nib", "--json"], folder);
  expect(lines(second.stdout)).toEqual(records);
  expect(ledger(folder)).toHaveLength(6);
});

test("nibble diagnose runs what is missing, says why accuracy moved, and takes over what it has found", async () => {
  const folder = project(untimed);
  const first = await nibble(["diagnose", "sweep.nib", "sweep.dynamic"], folder);
  expect({ code: first.code, lines: first.stdout.split("\n").slice(0, 1) }).toEqual({
    code: 0,
    lines: ["diagnosis of dynamic, over 360 test samples"],
  });
  const second = await nibble(["diagnose", "sweep.nib", "sweep.dynamic", "--json"], folder);
  expect(lines(second.stdout).map(({ status, scheme }) => [status, scheme.name])).toEqual([["diagnosed", "dynamic"]]);
  // fp32, five trials and one diagnosis.
  expect(ledger(folder).map(({ status }) => status)).toEqual([...Array(6).fill("completed"), "diagnosed"]);
  const wrong = await nibble(["diagnose", "sweep.nib", "sweep.dynamc"], folder);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "dynamic"?')]);
});

test("Ctrl-C keeps what is finished, and the next run goes on from there", async () => {
  const folder = project(untimed);
  const run = startNibble(["run", "sweep.nib"], folder);
  await run.printed("[2/6]");
  run.child.kill("SIGINT");
  const stopped = await run.finished;
  expect(stopped.code).toBe(130);
  const before = ledger(folder);
  expect(stopped.stderr).toContain(`stopped after ${before.length} of 6 trials; finished trials are on disk`);
  const next = await nibble(["run", "sweep.nib", "--json"], folder);
  expect(next.code).toBe(0);
  expect(ledger(folder).slice(0, before.length)).toEqual(before);
  expect(new Set(ledger(folder).map(({ trial }) => trial)).size).toBe(6);
  expect(ledger(folder)).toHaveLength(6);
});

test("two runs at once on one ledger both finish, and every line of it is whole", async () => {
  const folder = project(untimed);
  const both = await Promise.all([0, 1].map(() => nibble(["run", "sweep.nib", "--quiet", "--fresh"], folder)));
  expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
  ]);
  expect(ledger(folder)).toHaveLength(12);
});

test("a child that is killed costs the trial in flight and no other", async () => {
  const folder = project(untimed);
  const run = startNibble(["run", "sweep.nib"], folder);
  await run.printed("[1/6]");
  process.kill(await childWorker(run.child.pid ?? -1), "SIGKILL");
  const { code } = await run.finished;
  const statuses = ledger(folder).map(({ status }) => status);
  expect(statuses.filter((status) => status === "failed").length).toBeLessThanOrEqual(1);
  expect(statuses).toHaveLength(6);
  expect(code).toBe(statuses.includes("failed") ? 3 : 0);
});

test("an expectation that does not hold is exit code 1", async () => {
  const folder = project(`${digits()}
experiment sweep {
  model net
  data rows
  try dynamic { weights: int8 per_channel }
  measure size
  expect dynamic.size_reduction >= 99%
}
`);
  const { code, stdout } = await nibble(["run", "sweep.nib"], folder);
  expect(code).toBe(1);
  expect(stdout).toContain("dynamic.size_reduction >= 99%");
});

test("a wrong program is exit code 2, with every mistake and its place, and nothing runs", async () => {
  const folder = project(`${digits()}
experiment sweep {
  model nett
  data rows
  try statik { weights: int8 per_channel }
  try static { wieghts: int8, samples: 64ms }
  measure accuracy
}
`);
  const { code, stdout, stderr } = await nibble(["run", "sweep.nib"], folder);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatchInlineSnapshot(`
    "error[unknown-name] sweep.nib:8:9: no model is called "nett"
       8 |   model nett
         |         ^^^^
         = hint: did you mean "net"?

    error[unknown-name] sweep.nib:10:7: no scheme is called "statik"
      10 |   try statik { weights: int8 per_channel }
         |       ^^^^^^
         = hint: did you mean "static"?

    error[unknown-option] sweep.nib:11:16: "static" has no option "wieghts"
      11 |   try static { wieghts: int8, samples: 64ms }
         |                ^^^^^^^
         = hint: did you mean "weights"?

    error[wrong-unit] sweep.nib:11:40: "samples" is not measured in ms
      11 |   try static { wieghts: int8, samples: 64ms }
         |                                        ^^^^
         = hint: write the number without a unit

    "
  `);
});

test("a results folder that cannot be made is one diagnostic, exit code 3", async () => {
  const folder = project(untimed);
  const { code, stderr } = await nibble(["run", "sweep.nib", "--out", join(folder, "sweep.nib", "results")], folder);
  expect(code).toBe(3);
  expect(stderr.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
    "error[ledger-not-writable]: results cannot be written to FOLDER/sweep.nib/results/sweep/ledger.jsonl: a part of the path is not a folder (ENOTDIR)
         = hint: rename the file that is in the way, or write elsewhere with \`--out DIR\`

    "
  `);
});

test("a file that is not there, a folder and an unknown option are said plainly", async () => {
  const folder = project("");
  expect(await nibble(["run", "missing.nib"], folder)).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "error[source-unreadable]: cannot read "missing.nib": there is no such file
         = hint: a program is a text file with the ending .nib

    ",
      "stdout": "",
    }
  `);
  expect(await nibble(["run", "."], folder)).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "error[source-unreadable]: cannot read ".": it is a folder
         = hint: a program is a text file with the ending .nib

    ",
      "stdout": "",
    }
  `);
  expect(await nibble(["run", "sweep.nib", "--wrkers", "2"], folder)).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "error: unknown option '--wrkers'
    (Did you mean --workers?)
    ",
      "stdout": "",
    }
  `);
  expect(await nibble(["run", "sweep.nib", "-p", "samples"], folder)).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "error: option '-p, --param <name=value>' argument 'samples' is invalid. write it as name=value, for example "samples=64".
    ",
      "stdout": "",
    }
  `);
});

test("any number of workers gives the same accuracy, size and layers to the bit", async () => {
  const deterministic = (text: string) =>
    lines(text).map((line) => ({ ...line, latency: undefined, manifest: undefined })) as unknown;
  const [one, two] = [project(untimed), project(untimed)];
  const alone = await nibble(["run", "sweep.nib", "--json"], one);
  const paired = await nibble(["run", "sweep.nib", "--json", "--workers", "2"], two);
  expect(paired.code).toBe(0);
  expect(deterministic(paired.stdout)).toEqual(deterministic(alone.stdout));
});
