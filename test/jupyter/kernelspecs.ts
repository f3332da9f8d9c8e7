import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPackage } from "../../src/base/package.js";
import type { KernelSpec } from "./kernel-client.js";

/** Both kernels of Nibble, as `nibble kernel install` installs them for a user. */
export interface NibbleKernels {
  /** For `JUPYTER_PATH`. */
  readonly jupyterPath: string;
  readonly specs: Readonly<Record<"nibble-ts" | "nibble", KernelSpec>>;
}

/** Installs both kernelspecs into a scratch prefix by the real command. */
export function installNibbleKernels(): NibbleKernels {
  const prefix = mkdtempSync(join(tmpdir(), "nibble-kernels-"));
  const command = [join(ownPackage().folder, "src/cli/nibble.mjs"), "kernel", "install", "--prefix", prefix];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  if (status !== 0) throw new Error(`nibble kernel install ended with ${status}: ${stdout}${stderr}`);
  const jupyterPath = join(prefix, "share", "jupyter");
  const spec = (name: string): KernelSpec => {
    const { argv, env, interrupt_mode } = JSON.parse(
      readFileSync(join(jupyterPath, "kernels", name, "kernel.json"), "utf8"),
    );
    return { argv, env: { ...env }, interruptMode: interrupt_mode ?? "signal" };
  };
  return { jupyterPath, specs: { "nibble-ts": spec("nibble-ts"), nibble: spec("nibble") } };
}
