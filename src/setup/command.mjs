import { spawn } from "node:child_process";

/**
 * @typedef {object} Outcome
 * @property {boolean} ok      ended with exit code 0
 * @property {string} output   stdout and stderr, in the order in which they came
 */

/**
 * Runs a program without a shell and collects what it prints. Never throws: a program that is not there is an outcome too.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, seconds?: number, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Outcome>}
 */
export function run(program, args, { cwd, seconds = 600, env } = {}) {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Not spawn's own `timeout`: its timer keeps this process waiting when the program does not exist.
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ ok: false, output: error.message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const stopped = signal === null ? "" : `${output === "" ? "" : "\n"}stopped by ${signal}`;
      resolve({ ok: code === 0, output: output + stopped });
    });
  });
}

/**
 * The first of some programs that answers `--version`.
 * @param {readonly string[]} programs
 */
export async function firstProgram(programs) {
  for (const program of programs) {
    if ((await run(program, ["--version"], { seconds: 20 })).ok) return program;
  }
  return undefined;
}

/**
 * The line of a program's output that says what went wrong: the first that names an error, else the last.
 * @param {string} output
 */
export function reasonIn(output) {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return (lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? "no output").slice(0, 200);
}
