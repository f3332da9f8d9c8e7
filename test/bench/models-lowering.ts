import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LayersModel } from "@tensorflow/tfjs";
import { ownPackage } from "../../src/base/package.js";
import type { TfModule } from "../../src/engines/tfjs.js";
import { tf } from "../frontends/tfjs/parity.js";
import { save } from "../frontends/tfjs/saving.js";
import type { Figure } from "./figure.js";
import { mobileNetV2 } from "./nets/mobilenet-v2.js";
import { resNet50 } from "./nets/resnet-50.js";
import { newFolder } from "./records.js";

const RUNS = 3;
/** The promise is about 10 MB; the model has 14. */
const MOST_SECONDS = 2;
const MOST_WEIGHTS = 3;

interface Lowered {
  readonly ms: number;
  readonly peakBytes: number;
  readonly onnxBytes: number;
}

/** Time and memory from the files of a model to its ONNX bytes, each in fresh processes as runs start them. */
export async function loweringFigures(): Promise<readonly Figure[]> {
  const seconds = (await least(mobileNetV2, ({ ms }) => ms)) / 1000;
  // Of a large model, beside which what the code itself takes is little.
  const share = await least(resNet50, ({ peakBytes, onnxBytes }) => peakBytes / onnxBytes);
  return [
    {
      name: "lowering a model of 14 MB",
      promise: `< ${MOST_SECONDS} s`,
      measured: `${seconds.toFixed(2)} s`,
      met: seconds < MOST_SECONDS,
    },
    {
      name: "memory during lowering, model of 102 MB",
      promise: `< ${MOST_WEIGHTS}x its weights`,
      measured: `${share.toFixed(2)}x`,
      met: share < MOST_WEIGHTS,
    },
  ];
}

async function least(net: (module: TfModule) => LayersModel, of: (lowered: Lowered) => number): Promise<number> {
  const folder = join(newFolder(), "model");
  mkdirSync(folder);
  try {
    const model = net(tf);
    await save(model, folder, 4 * 2 ** 20);
    model.dispose();
    const found: number[] = [];
    for (let i = 0; i < RUNS; i++) found.push(of(await lowered(join(folder, "model.json"))));
    return Math.min(...found);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lowered(path: string): Promise<Lowered> {
  const child = new URL("lowering-child.ts", import.meta.url).pathname;
  const small = join(ownPackage().folder, "datasets/models/digits-cnn/model.json");
  const args = ["--expose-gc", "--import", "tsx", child, path, small];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as Lowered;
}
