import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Resident bytes of a process and all its descendants, from /proc; 0 once they have ended. */
export function treeBytes(root: number): number {
  const parents = new Map<number, { readonly parent: number; readonly bytes: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
      parents.set(Number(name), { parent: field("PPid"), bytes: field("VmRSS") * 1024 });
    } catch {
      // The process ended between the two reads.
    }
  }
  const inTree = (pid: number): boolean => pid === root || (parents.has(pid) && inTree(parents.get(pid)?.parent ?? 0));
  return [...parents].reduce((sum, [pid, { bytes }]) => (inTree(pid) ? sum + bytes : sum), 0);
}

/** Runs a command and gives the largest resident memory of its whole process tree, bytes, looked at every 50 ms. */
export async function peakOfCommand(
  command: string,
  args: readonly string[],
): Promise<{ readonly peakBytes: number; readonly exitCode: number | null; readonly seconds: number }> {
  const start = performance.now();
  const child = spawn(command, args, { stdio: "ignore" });
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, treeBytes(child.pid ?? -1));
  }, 50);
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(timer);
  return { peakBytes, exitCode, seconds: (performance.now() - start) / 1000 };
}
