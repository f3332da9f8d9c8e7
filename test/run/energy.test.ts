import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readEnergyCounters } from "../../src/run/energy.js";

/** A folder as Linux' powercap has it: zones with their files. */
function powercap(zones: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const folder = mkdtempSync(join(tmpdir(), "nibble-powercap-"));
  for (const [zone, files] of Object.entries(zones)) {
    mkdirSync(join(folder, zone));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, zone, name), text);
  }
  return folder;
}
const zone = (name: string, energy: string) => ({
  name: `${name}\n`,
  energy_uj: `${energy}\n`,
  max_energy_range_uj: "262143328850\n",
});

test("whole packages are read, their parts and other zones are not", () => {
  const folder = powercap({
    "intel-rapl": {},
    "intel-rapl:0": zone("package-0", "119346"),
    "intel-rapl:0:0": zone("core", "100"),
    "intel-rapl:1": zone("package-1", "7"),
    "intel-rapl:2": zone("psys", "5"),
    "dtpm:0": zone("package-0", "5"),
  });
  expect(readEnergyCounters(folder)).toEqual([
    { zone: "intel-rapl:0", microjoules: 119346, range: 262143328850 },
    { zone: "intel-rapl:1", microjoules: 7, range: 262143328850 },
  ]);
});

test("a machine without counters, one that hides them, and one whose files are nonsense have none", () => {
  expect(readEnergyCounters(join(tmpdir(), "no-such-folder"))).toEqual([]);
  // What a user who may not read the counter sees, whoever runs this test: the file cannot be read as one.
  const hidden = powercap({ "intel-rapl:0": { name: "package-0\n", max_energy_range_uj: "1\n" } });
  mkdirSync(join(hidden, "intel-rapl:0", "energy_uj"));
  expect(readEnergyCounters(hidden)).toEqual([]);
  expect(readEnergyCounters(powercap({ "intel-rapl:0": zone("package-0", "much") }))).toEqual([]);
});
