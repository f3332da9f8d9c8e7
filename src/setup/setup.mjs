/**
 * Makes a checkout ready to run. No packages are needed to start it; what is there already is left alone.
 *
 *   node src/setup/setup.mjs [--tests] [--retry]
 *
 *   --tests  also what only the tests need: Python's onnx and onnxruntime, Jupyter, its tests of kernels, Chromium
 *   --retry  try again what failed within the last day
 *
 * NIBBLE_TENSORFLOW=wasm leaves the native part of TF.js out.
 */
import { join } from "node:path";
import { prepareChromium } from "./chromium.mjs";
import { prepareKernelTests } from "./kernel-tests.mjs";
import { memoryIn } from "./memory.mjs";
import { installPackages } from "./packages.mjs";
import { cacheFolder, projectFolder, root } from "./places.mjs";
import { prepareJupyter, preparePython } from "./python.mjs";
import { prepareTensorFlow } from "./tensorflow.mjs";

const options = new Set(process.argv.slice(2));
const ignore = options.has("--retry") || process.env.CI === "true";

/** @param {string} line set-up talks on stderr: stdout belongs to what runs after it */
function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @returns {Promise<number>} exit code */
async function setup() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Node ${process.versions.node} is too old: Nibble needs Node 20.19 or newer`);
    return 1;
  }
  try {
    await installPackages(root, say);
  } catch (error) {
    say(/** @type {Error} */ (error).message);
    return 1;
  }
  const remembered = (/** @type {string} */ name) => memoryIn(join(projectFolder, `${name}-failed.json`), { ignore });
  await prepareTensorFlow({ root, cache: cacheFolder(), memory: remembered("tensorflow"), say });
  if (options.has("--tests")) await prepareTests(remembered);
  return 0;
}

/** @param {(name: string) => import("./memory.mjs").Memory} memory */
async function prepareTests(memory) {
  await preparePython({ projectFolder, memory: memory("python"), say });
  await prepareJupyter({ projectFolder, memory: memory("jupyter"), say });
  await prepareKernelTests({ projectFolder, memory, say });
  await prepareChromium({ memory: memory("chromium"), say });
}

process.exitCode = await setup();
