import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { inLatencyLane } from "../../src/run/lane.js";

let folder = "";
beforeEach(() => {
  const base = mkdtempSync(join(tmpdir(), "nibble-lane-"));
  folder = join(base, "shared");
  vi.stubEnv("NIBBLE_LANE", folder);
  vi.stubEnv("TMPDIR", base);
});

/** Something to wait for, and what ends it. */
function gate() {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

const quietly = { waiting: () => {} };

test("one run waits for the other, says so once, and goes on when the lane is free", async () => {
  const log: string[] = [];
  const { passed, open } = gate();
  const first = inLatencyLane(async () => {
    log.push("first begins");
    await passed;
    log.push("first ends");
  }, quietly);
  await vi.waitFor(() => expect(log).toEqual(["first begins"]));
  const second = inLatencyLane(async () => void log.push("second"), { waiting: () => log.push("waiting") });
  await vi.waitFor(() => expect(log).toContain("waiting"));
  open();
  await Promise.all([first, second]);
  expect(log).toEqual(["first begins", "waiting", "first ends", "second"]);
  expect(readdirSync(folder)).toEqual([]);
});

test("a run that is stopped while it waits ends at once, and leaves the lane to its holder", async () => {
  const { passed, open } = gate();
  const holder = inLatencyLane(() => passed, quietly);
  await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1));
  const stop = new AbortController();
  const ran: string[] = [];
  const waiting = inLatencyLane(async () => void ran.push("waiting"), {
    waiting: () => stop.abort(new Error("stopped")),
    signal: stop.signal,
  });
  await expect(waiting).rejects.toThrow("stopped");
  expect(ran).toEqual([]);
  expect(readdirSync(folder)).toHaveLength(1);
  open();
  await holder;
});

test("work that fails leaves the lane", async () => {
  await expect(inLatencyLane(() => Promise.reject(new Error("no engine")), quietly)).rejects.toThrow("no engine");
  expect(await inLatencyLane(async () => "next", quietly)).toBe("next");
});

test("every user of the machine may lock, and may remove the lock of a run that was killed", async () => {
  await inLatencyLane(async () => {}, quietly);
  expect(statSync(folder).mode & 0o7777).toBe(0o777);
  const left = join(folder, "latency-lane.lock");
  mkdirSync(left);
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(left, longAgo, longAgo);
  expect(await inLatencyLane(async () => "free again", quietly)).toBe("free again");
});

test.each([
  ["a file", () => writeFileSync(folder, "")],
  ["a link", () => symlinkSync(tmpdir(), folder)],
  [
    "a folder that may not be written to",
    () => {
      mkdirSync(folder);
      chmodSync(folder, 0o500);
    },
  ],
])("where the shared place is %s, a user's own lane is taken", async (_, spoil) => {
  spoil();
  expect(await inLatencyLane(async () => "ran", quietly)).toBe("ran");
});
