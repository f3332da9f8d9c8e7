import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { digits, nibble, project } from "./command.js";

/** The shipped digits, at settings that `-p samples=` overrides. */
const program = `${digits()}
param samples = 64
experiment sweep {
  model net
  data rows
  try static { weights: int8 per_channel, activations: uint8, calibration: minmax, samples: samples }
  measure accuracy, latency { batch: 1 }, size, memory
}
`;

test("explain says what would run, and -p overrides a param", async () => {
  const folder = project(program);
  const { code, stdout } = await nibble(["explain", "sweep.nib", "-p", "samples=16"], folder);
  expect(code).toBe(0);
  expect(stdout).toContain("minmax of 16 samples");
  const json = await nibble(["explain", "sweep.nib", "--json"], folder);
  expect(JSON.parse(json.stdout)).toMatchObject({
    trials: [{ scheme: { mode: "fp32" } }, { scheme: { mode: "static" } }],
  });
});

test("files are read under the project, and under --allow", async () => {
  const elsewhere = project("");
  mkdirSync(join(elsewhere, "data"));
  writeFileSync(join(elsewhere, "data", "rows.csv"), "a,b,y\n1,2,0\n3,4,1\n");
  const path = JSON.stringify(join(elsewhere, "data", "rows.csv"));
  const folder = project(`data rows = csv(${path}) { label: y, shape: [2] }\n`);
  const refused = await nibble(["check", "sweep.nib"], folder);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("error[path-refused] sweep.nib:1:17");
  const allowed = await nibble(["check", "sweep.nib", "--allow", join(elsewhere, "data")], folder);
  expect(allowed).toMatchObject({ code: 0, stdout: "sweep.nib: no mistakes; 0 experiments\n" });
});

test("a run with timing prints no banner, and its records say what was measured and how", async () => {
  const folder = project(program);
  const { code, stdout, stderr } = await nibble(["run", "sweep.nib", "--json", "--quick"], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "[1/2] fp32: completed\n[2/2] static: completed\n" });
  const records = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const { latency, memory, size, attestation } of records) {
    expect(latency).toHaveLength(1);
    const [timed] = latency;
    expect(timed).toMatchObject({ batch: 1, threads: 1, processes: 3, quick: true });
    // How many depends on the blocks that the machine's clock spoiled, which are sampled anew.
    expect(timed?.pairs).toBeGreaterThanOrEqual(18);
    const { speedup, control } = timed;
    for (const { value, ci95 } of [speedup, control]) {
      expect(ci95[0]).toBeLessThanOrEqual(value);
      expect(ci95[1]).toBeGreaterThanOrEqual(value);
    }
    expect(attestation.attested).toBe(true);
    expect(memory.peakBytes).toBeGreaterThan(memory.engineBytes);
    expect(memory.engineBytes).toBeGreaterThan(1e7);
    const { bytes, codes, scales, zeroPoints, float, other } = size;
    expect(codes + scales + zeroPoints + float + other).toBe(bytes);
  }
});

test("the size of a record is that of the file that ran", async () => {
  const folder = project(program.replace(", latency { batch: 1 }", "").replace(", memory", ""));
  const { stdout } = await nibble(["run", "sweep.nib", "--json"], folder);
  const models = join(folder, ".nibble/results/sweep/models");
  const bytes = readdirSync(models).map((name) => statSync(join(models, name)).size);
  const recorded = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).size.bytes);
  expect(bytes.sort()).toEqual(recorded.sort());
});

test("doctor --json gives one check a line", async () => {
  const { code, stdout } = await nibble(["doctor", "--json"], project(""));
  expect(code).toBe(0);
  const names = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).name);
  expect(names.slice(0, 3)).toEqual(["Node", "onnxruntime-node", "TensorFlow (TF.js)"]);
});
