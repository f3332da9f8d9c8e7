import { join } from "node:path";
import { ownPackage } from "../../../src/base/package.js";

/** Loops that Stop has to end. */
export const loopKinds = ["sync loop", "loop after await", "wasm loop", "running sweep"] as const;
export type LoopKind = (typeof loopKinds)[number];

/** The same work in the words of a kernel's language; a function of `i` gives new text for each number. */
export interface Dialect {
  /** `1+1`, or what comes nearest. */
  readonly two: string;
  sum(i: number): string;
  /** Defines a name that no other number defines, and shows a value. */
  define(i: number): string;
  /** Prints `line 0`, `line 1`, ... */
  print(lines: number): string;
  /** Sets `keep` to 41; `kept` shows 42 while the variable lives. */
  readonly keep: string;
  readonly kept: string;
  /** Endless work, or why there is none to write. */
  loop(kind: LoopKind, i: number): { readonly code: string } | { readonly cannot: string };
  /** Loads a large library and makes `t`. */
  readonly library: string;
  /** Texts with the cursor at their end, and a name that must be among the choices. */
  completions(i: number): readonly { readonly code: string; readonly expected: string }[];
}

const ENDLESS_WASM = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11,
  11,
];

function scriptLoop(kind: LoopKind): { readonly code: string } | { readonly cannot: string } {
  switch (kind) {
    case "sync loop":
      return { code: "let turns = 0;\nwhile (true) turns++;" };
    case "loop after await":
      return { code: "await new Promise((done) => setTimeout(done, 10));\nlet turns2 = 0;\nwhile (true) turns2++;" };
    case "wasm loop":
      return {
        code: `const wasm = (globalThis as any).WebAssembly;
const endless = new wasm.Instance(new wasm.Module(new Uint8Array([${ENDLESS_WASM.join(", ")}])));
endless.exports.f();`,
      };
    case "running sweep":
      return { cannot: "has no sweeps" };
  }
}

const typescript: Dialect = {
  two: "1+1",
  sum: (i) => `${i} + 1`,
  define: (i) => `const value${i} = [${i}, 1].map((x) => x + 1);\nvalue${i}.length`,
  print: (lines) => `for (let i = 0; i < ${lines}; i++) console.log("line " + i);`,
  keep: "let keep = 41;",
  kept: "keep + 1",
  loop: scriptLoop,
  library: 'import * as tf from "@tensorflow/tfjs";\nconst t = tf.tensor([1, 2, 3]);',
  completions: (i) => [
    { code: `const a${i} = t.`, expected: "reshape" },
    { code: `const b${i} = tf.`, expected: "matMul" },
    { code: `const c${i} = tf.layers.`, expected: "dense" },
    { code: `const d${i} = t.re`, expected: "reshape" },
    { code: `const e${i} = tf.tensor1d([${i}]).`, expected: "dataSync" },
    { code: `const f${i} = [t, t].map((one) => one.`, expected: "square" },
  ],
};

/** TypeScript as Deno has it: packages of npm by their scheme. */
const deno: Dialect = {
  ...typescript,
  library: typescript.library.replace("@tensorflow/tfjs", "npm:@tensorflow/tfjs@4.22.0"),
};

function sweep(i: number): string {
  const { folder } = ownPackage();
  const shipped = (path: string) => JSON.stringify(join(folder, "datasets", path));
  return `model net = tfjs(${shipped("models/digits-cnn/model.json")})
data digits = csv(${shipped("digits/digits.csv")}) {
  label: digit, shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7
}
experiment long_${i} {
  model net
  data digits
  baseline fp32
  try static { weights: int8 per_channel, activations: uint8, calibration: minmax | percentile(99.9) | entropy | mse, samples: ${300 + i} | ${400 + i} | ${500 + i} }
  measure accuracy, latency { batch: 1 | 32 }
}`;
}

const nibbleTypeScript: Dialect = {
  ...typescript,
  loop: (kind, i) => (kind === "running sweep" ? { code: sweep(i) } : scriptLoop(kind)),
};

/** TypeScript cells of a notebook whose cells are Nibble unless they say otherwise. */
const nibbleFirst: Dialect = {
  ...nibbleTypeScript,
  two: `%%ts\n${typescript.two}`,
  sum: (i) => `%%ts\n${typescript.sum(i)}`,
  define: (i) => `%%ts\n${typescript.define(i)}`,
  print: (lines) => `%%ts\n${typescript.print(lines)}`,
  keep: `%%ts\n${typescript.keep}`,
  kept: `%%ts\n${typescript.kept}`,
  library: `%%ts\n${typescript.library}`,
  loop(kind, i) {
    const loop = nibbleTypeScript.loop(kind, i);
    return "cannot" in loop || kind === "running sweep" ? loop : { code: `%%ts\n${loop.code}` };
  },
  completions: (i) => typescript.completions(i).map(({ code, expected }) => ({ code: `%%ts\n${code}`, expected })),
};

const python: Dialect = {
  two: "1+1",
  sum: (i) => `${i} + 1`,
  define: (i) => `value${i} = [x + 1 for x in [${i}, 1]]\nlen(value${i})`,
  print: (lines) => `for i in range(${lines}): print("line", i)`,
  keep: "keep = 41",
  kept: "keep + 1",
  loop(kind) {
    switch (kind) {
      case "sync loop":
        return { code: "turns = 0\nwhile True: turns += 1" };
      case "loop after await":
        return { code: "import asyncio\nawait asyncio.sleep(0.01)\nturns = 0\nwhile True: turns += 1" };
      case "wasm loop":
        return { cannot: "Python has no WebAssembly" };
      case "running sweep":
        return { cannot: "has no sweeps" };
    }
  },
  library: "import numpy as np\nt = np.zeros(3)",
  completions: (i) => [
    { code: `a${i} = t.`, expected: "reshape" },
    { code: `b${i} = np.`, expected: "matmul" },
    { code: `c${i} = np.linalg.`, expected: "norm" },
    { code: `d${i} = t.re`, expected: "reshape" },
    { code: `e${i} = np.array([${i}]).`, expected: "tolist" },
    { code: `f${i} = [one.real for one in t.`, expected: "sum" },
  ],
};

export const dialects = { typescript, deno, nibbleTypeScript, nibbleFirst, python };
