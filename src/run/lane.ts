import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { makeFolder } from "../base/folder.js";

/** A holder that has not touched its lock for this long is dead. */
const STALE_MS = 15_000;

/**
 * Runs `work` while no other latency run of this user's Nibble is under way on this machine: runs that overlap would
 * time each other. The lock is a file in the system's temporary folder; that of a killed run goes stale by itself.
 * @param waiting called once when another run holds the lane
 */
export async function inLatencyLane<T>(
  work: () => Promise<T>,
  options: { readonly waiting: () => void; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const folder = join(tmpdir(), `nibble-${process.getuid?.() ?? "user"}`);
  makeFolder(folder);
  const file = join(folder, "latency-lane");
  writeFileSync(file, "", { flag: "a" });
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    // A lock lost while the machine slept must not end the run: at worst two of them time each other once.
    const held = { stale: STALE_MS, update: STALE_MS / 3, onCompromised: () => {} };
    const release = await lock(file, held).catch((error: { code?: string }) => {
      if (error.code === "ELOCKED") return undefined;
      throw error;
    });
    if (release) {
      try {
        return await work();
      } finally {
        await release().catch(() => {});
      }
    }
    if (!told) options.waiting();
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
