import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ownPackage } from "../../src/base/package.js";
import { runJupyter } from "../jupyter/installed.js";

/** An output of a notebook as nbformat has it. */
export interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A folder outside the project whose packages are this one alone, as a user's is after an install. */
export function projectOfUser(): string {
  const folder = mkdtempSync(join(tmpdir(), "nibble-tslab-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ownPackage().folder, join(folder, "node_modules", "nibble-quant"));
  return folder;
}

/**
 * Runs a notebook under tslab's own kernel, as `tslab install` registers it.
 * @param place folder below `folder` that the notebook lies in
 * @returns the outputs of each code cell
 * @throws {Error} with nbclient's report when a cell fails
 */
export function runUnderTslab(folder: string, notebook: string, place = "."): readonly (readonly Output[])[] {
  const home = join(folder, place);
  mkdirSync(home, { recursive: true });
  const tslab = join(dirname(createRequire(import.meta.url).resolve("tslab/package.json")), "bin", "tslab");
  const spec = join(folder, "jupyter", "kernels", "tslab");
  mkdirSync(spec, { recursive: true });
  const argv = [process.execPath, tslab, "kernel", "--config-path", "{connection_file}"];
  writeFileSync(
    join(spec, "kernel.json"),
    JSON.stringify({ argv, display_name: "TypeScript", language: "typescript" }),
  );
  cpSync(notebook, join(home, "in.ipynb"));
  const { status, stderr } = runJupyter(
    ["-c", "from nbclient.cli import main; main()", "in.ipynb", "--output=out.ipynb", "--kernel_name=tslab"],
    {
      cwd: home,
      env: { JUPYTER_PATH: join(folder, "jupyter"), IPYTHONDIR: join(folder, "ipython") },
    },
  );
  if (status !== 0) throw new Error(`nbclient ended with ${status}: ${stderr}`);
  const { cells } = JSON.parse(readFileSync(join(home, "out.ipynb"), "utf8")) as {
    readonly cells: readonly { readonly outputs?: readonly Output[] }[];
  };
  return cells.flatMap(({ outputs }) => (outputs ? [outputs] : []));
}

/** Text of an output, whichever way nbformat has split it. */
export function textOf(content: unknown): string {
  return Array.isArray(content) ? content.join("") : String(content);
}
