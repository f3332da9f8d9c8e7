import { type Exchange, within } from "../../jupyter/kernel-client.js";
import { type LoopKind, loopKinds } from "./dialect.js";
import { type KernelFigure, type Measured, rotated, spreadText } from "./measured.js";
import { type Running, type Subject, start } from "./subjects.js";

const STOPS = 5;
const GOAL_MS = 300;
/** A kernel that is not idle by then does not stop the loop. */
const LONGEST_MS = 8000;
/** How long a loop runs before it is stopped; a sweep is stopped that long after its first sign of life. */
const RUNS_MS = 500;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** From Stop to idle, for each kind of loop; the slowest of all stops counts, and a variable has to survive each. */
export async function interrupts(subjects: readonly Subject[]): Promise<readonly KernelFigure[]> {
  const figures: KernelFigure[] = [];
  for (const kind of loopKinds) {
    const measured = new Map<string, Measured>();
    for (const subject of rotated(subjects, figures.length)) measured.set(subject.name, await stops(subject, kind));
    figures.push({
      name: `Stop to idle, ${kind}: slowest`,
      promise: `<= ${GOAL_MS} ms, variables kept`,
      met: (value) => value <= GOAL_MS,
      measured,
    });
  }
  return figures;
}

async function stops(subject: Subject, kind: LoopKind): Promise<Measured> {
  const first = subject.dialect.loop(kind, 0);
  if ("cannot" in first) return first;
  const running = await start(subject);
  const times: number[] = [];
  try {
    for (let i = 0; i < STOPS; i++) {
      const loop = subject.dialect.loop(kind, i);
      if ("cannot" in loop) return loop;
      times.push(await stopOnce(running, loop.code, kind));
    }
  } catch (error) {
    return { cannot: firstLine((error as Error).message) };
  } finally {
    await running.kernel.close();
  }
  return { value: Math.max(...times), text: spreadText(times, 0, "ms") };
}

async function stopOnce({ kernel, subject }: Running, code: string, kind: LoopKind): Promise<number> {
  await kernel.execute(subject.dialect.keep).done;
  const loop = kernel.execute(code);
  await begun(loop, kind);
  if ((await within(0, loop.idle)) !== undefined) throw new Error(`ended by itself: ${outputOf(loop)}`);
  const stopped = performance.now();
  kernel.interrupt();
  if ((await within(LONGEST_MS, loop.done)) === undefined)
    throw new Error(`still busy ${LONGEST_MS / 1000} s after Stop`);
  const elapsedMs = performance.now() - stopped;
  const { status } = (await loop.done).content;
  if (status === "ok") throw new Error("says that the stopped cell went well");
  const after = kernel.execute(subject.dialect.kept);
  if ((await within(LONGEST_MS, after.done)) === undefined) throw new Error("does not run the next cell");
  if (!/\b42\b/.test(outputOf(after))) throw new Error("loses variables");
  return elapsedMs;
}

/** Resolves when the loop has run a while; a sweep, when it has shown its progress. */
async function begun(loop: Exchange, kind: LoopKind): Promise<void> {
  await within(
    3000,
    loop.first(({ content }) => content.execution_state === "busy"),
  );
  if (kind === "running sweep") {
    const shown = loop.first(({ type }) => type === "update_display_data" || type === "display_data");
    await within(60_000, Promise.race([shown, loop.done]));
  }
  await wait(RUNS_MS);
}

function outputOf({ messages }: Exchange): string {
  return messages
    .map(({ content }) => content.text ?? String(content.data?.["text/plain"] ?? content.evalue ?? ""))
    .join("")
    .replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "")
    .slice(0, 300);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.slice(0, 160) ?? "";
}
