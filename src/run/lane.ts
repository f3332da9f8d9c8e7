import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { makeFolder } from "../base/folder.js";

/** A holder that has not touched its lock for this long is dead. */
const STALE_MS = 15_000;
const LOOK_AGAIN_MS = 250;

/**
 * Runs `work` while no other latency run of Nibble is under way on this machine, whoever's it is: runs that overlap
 * would time each other. The lock of a killed run goes stale by itself.
 * @param waiting called once when another run holds the lane
 * @throws the signal's reason when it is aborted, while waiting too; the system's error when no lock can be made at all
 */
export async function inLatencyLane<T>(
  work: () => Promise<T>,
  options: { readonly waiting: () => void; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const release = await tryLock();
    if (release) {
      try {
        return await work();
      } finally {
        await release().catch(() => {});
      }
    }
    if (!told) options.waiting();
    told = true;
    // Woken by the signal too.
    await sleep(LOOK_AGAIN_MS, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {});
  }
}

/** Takes the lane, and gives what leaves it; undefined when somebody else is in it. */
async function tryLock(): Promise<(() => Promise<void>) | undefined> {
  let refused: unknown;
  for (const folder of [sharedFolder, ownFolder]) {
    try {
      return await lock(join(folder(), "latency-lane"), {
        realpath: false,
        stale: STALE_MS,
        update: STALE_MS / 3,
        // A lock lost while the machine slept must not end the run: at worst two of them time each other once.
        onCompromised: () => {},
      });
    } catch (error) {
      if ((error as { code?: string }).code === "ELOCKED") return undefined;
      refused = error;
    }
  }
  throw refused;
}

/**
 * The folder that all users of the machine lock in: `NIBBLE_LANE` where it is set (containers of one machine may share
 * such a folder), else under /tmp whatever TMPDIR says, since batch systems give every job a TMPDIR of its own.
 * Everybody may write into it, also to remove a dead user's lock; a lock is an empty folder, so there is nothing to
 * read or spoil. What is there but no folder of this kind is not used.
 */
function sharedFolder(): string {
  const base = process.platform === "win32" ? tmpdir() : "/tmp";
  const folder = process.env.NIBBLE_LANE || join(base, "nibble-lane");
  try {
    mkdirSync(folder);
    // mkdir's own mode is cut by the user's umask.
    chmodSync(folder, 0o777);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  if (!lstatSync(folder).isDirectory())
    throw Object.assign(new Error("not a folder"), { code: "ENOTDIR", path: folder });
  return folder;
}

/** Where no folder can be shared: then this user's runs at least keep out of each other's way. */
function ownFolder(): string {
  const folder = join(tmpdir(), `nibble-${process.getuid?.() ?? "user"}`);
  makeFolder(folder);
  return folder;
}
