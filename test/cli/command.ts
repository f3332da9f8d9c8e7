import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPackage } from "../../src/base/package.js";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once the text was printed on stderr. */
  printed(text: string): Promise<void>;
}

/** Starts the real command line as a shell would; the launcher builds `dist` first when the sources are newer. */
export function startNibble(args: readonly string[], folder: string): Running {
  const { folder: root } = ownPackage();
  const child = spawn(process.execPath, [join(root, "src/cli/nibble.mjs"), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  const text = { stdout: "", stderr: "" };
  const waiting: { readonly text: string; readonly done: () => void }[] = [];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text.stderr += chunk;
    for (const entry of waiting) if (text.stderr.includes(entry.text)) entry.done();
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on("close", (code) => resolve({ code, ...text }));
  });
  const printed = (wanted: string) =>
    Promise.race([
      new Promise<void>((done) => {
        waiting.push({ text: wanted, done });
        if (text.stderr.includes(wanted)) done();
      }),
      finished.then(({ stderr }) => {
        if (!stderr.includes(wanted)) throw new Error(`ended without printing "${wanted}": ${stderr}`);
      }),
    ]);
  return { child, finished, printed };
}

export function nibble(args: readonly string[], folder: string): Promise<Finished> {
  return startNibble(args, folder).finished;
}

/** A scratch project that holds one program, `sweep.nib`; the shipped models and data are always readable. */
export function project(program: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nibble-cli-")));
  mkdirSync(join(folder, ".nibble"));
  writeFileSync(join(folder, "sweep.nib"), program);
  return folder;
}

/** The head of a program on the shipped digits. */
export function digits(): string {
  const { folder } = ownPackage();
  return `
model net  = tfjs(${JSON.stringify(join(folder, "datasets/models/digits-cnn/model.json"))})
data  rows = csv(${JSON.stringify(join(folder, "datasets/digits/digits.csv"))}) {
  label: digit, shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7
}
`;
}
