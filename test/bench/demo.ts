import { join } from "node:path";
import { ownPackage } from "../../src/base/package.js";
import type { Figure } from "./figure.js";
import { peakOfCommand } from "./memory.js";
import { newFolder } from "./records.js";

/** The most memory that the demo takes, all its processes together. */
export async function demo(): Promise<readonly Figure[]> {
  const { folder } = ownPackage();
  const args = ["run", join(folder, "notebooks/first-sweep.nib"), "--fresh", "--out", newFolder()];
  const { peakBytes, exitCode } = await peakOfCommand(process.execPath, [join(folder, "src/cli/nibble.mjs"), ...args]);
  if (exitCode !== 0) throw new Error(`the demo ended with exit code ${exitCode}`);
  return [
    {
      name: "the demo, all its processes together: peak memory",
      promise: "< 1.2 GB",
      measured: `${(peakBytes / 1e9).toFixed(2)} GB`,
      met: peakBytes < 1.2e9,
    },
  ];
}
