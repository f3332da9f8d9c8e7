import { join } from "node:path";
import { DiagnosticError, diagnostic } from "../../base/diagnostic.js";
import type { CellLanguage } from "../../cells/interpreter.js";

/** One of our kernelspecs. */
export interface KernelSpec {
  /** Name of its folder and in notebooks' metadata. */
  readonly name: string;
  readonly displayName: string;
  /** As editors and notebooks call it. */
  readonly language: CellLanguage;
}

/**
 * Both kernelspecs: `name` is the one that takes cells as Nibble, `name-ts` the one that takes them as TypeScript.
 * @throws {DiagnosticError} when Jupyter would not accept the name
 */
export function kernelSpecs(name = "nibble", displayName = "Nibble"): readonly KernelSpec[] {
  // Jupyter looks names up in lower case.
  const folded = name.toLowerCase();
  if (!/^[a-z0-9_][a-z0-9._-]{0,96}$/.test(folded))
    throw new DiagnosticError(diagnostic("kernel-name-invalid", { name }));
  return [
    { name: `${folded}-ts`, displayName: `TypeScript (${displayName})`, language: "typescript" },
    { name: folded, displayName, language: "nibble" },
  ];
}

/**
 * `kernel.json` for a kernel whose files are in `folder`. What it starts must exist for as long as the kernel is
 * installed: on POSIX the shell, which runs `start.sh` from the folder; on Windows, which has none, the node that
 * installed it.
 */
export function kernelJson(spec: KernelSpec, folder: string, { platform, node }: Started): string {
  const launcher = platform === "win32" ? [node, join(folder, "launcher.mjs")] : ["/bin/sh", join(folder, "start.sh")];
  const content = {
    argv: [...launcher, "--connection-file", "{connection_file}", "--language", spec.language],
    display_name: spec.displayName,
    language: spec.language,
    interrupt_mode: "message",
    metadata: { debugger: false },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** What starts the launcher. */
export interface Started {
  readonly platform: NodeJS.Platform;
  /** Absolute path of the node that installs. */
  readonly node: string;
}

/**
 * Runs the launcher with the node that installed it, while that is there, else with the one on PATH.
 *
 * A kernel lives for days, so it takes settings that keep it small: a small young generation for the process that passes
 * messages on, and two pools of glibc's malloc, not eight a core, for its threads. The launcher takes the latter out of the environment again, for user code is no business of theirs.
 */
export function startScript(node: string): string {
  const quoted = `'${node.replaceAll("'", `'\\''`)}'`;
  return `#!/bin/sh
node=${quoted}
[ -x "$node" ] || node=$(command -v node) || {
  echo "nibble kernel: there is no node at" ${quoted} "any more, and none on PATH; install Node 20.19 or newer" >&2
  exit 127
}
[ -n "\${MALLOC_ARENA_MAX+set}" ] || export MALLOC_ARENA_MAX=2 NIBBLE_SET_ARENAS=1
exec "$node" --max-semi-space-size=2 "$(dirname "$0")/launcher.mjs" "$@"
`;
}
