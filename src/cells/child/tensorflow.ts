import { realpathSync } from "node:fs";
import { createRequire } from "node:module";

const ownRequire = createRequire(import.meta.url);

/**
 * TF.js for a cell that imports it: our own copy comes on its fastest backend and without a banner; a copy that the user
 * installed is left as it is. Absent for every other module.
 */
export async function loadTensorFlowFor(specifier: string, from: NodeJS.Require): Promise<object | undefined> {
  if (specifier === "danfojs-node") {
    if (!isOurs(specifier, from)) return undefined;
    return (await import("../../engines/danfo.js")).loadDanfo();
  }
  if (specifier !== "@tensorflow/tfjs" && specifier !== "@tensorflow/tfjs-node") return undefined;
  if (!isOurs(specifier, from)) return undefined;
  const { loadTensorFlow } = await import("../../engines/tfjs.js");
  const { tf, backend } = await loadTensorFlow();
  trackTraining(tf);
  if (specifier === "@tensorflow/tfjs") return tf;
  // tfjs-node is there once its native part has started; elsewhere its own message says what is missing.
  return backend === "tensorflow" ? (ownRequire(specifier) as object) : undefined;
}

function isOurs(specifier: string, from: NodeJS.Require): boolean {
  const ours = realpathSync(ownRequire.resolve(specifier));
  try {
    return realpathSync(from.resolve(specifier)) === ours;
  } catch {
    return true;
  }
}

interface Trainable {
  stopTraining: boolean;
}

const training = new Set<Trainable>();
let tracked = false;

/** Remembers models while they train, so that Stop ends the training and not only the waiting for it. */
function trackTraining(tf: typeof import("@tensorflow/tfjs")): void {
  if (tracked) return;
  tracked = true;
  const { prototype } = tf.LayersModel as unknown as { prototype: Record<string, (...args: unknown[]) => unknown> };
  for (const method of ["fit", "fitDataset"]) {
    const original = prototype[method];
    if (original === undefined) continue;
    prototype[method] = async function (this: Trainable, ...args: unknown[]) {
      training.add(this);
      try {
        return await Reflect.apply(original, this, args);
      } finally {
        training.delete(this);
      }
    } as (typeof prototype)[string];
  }
}

/** Asks every model that trains to stop after its current batch. */
export function stopTraining(): void {
  for (const model of training) model.stopTraining = true;
}

/** What a terminated cell can leave behind in TF.js: scopes of `tf.tidy` and depths of gradients that nobody closes. */
export function repairTensorFlow(): void {
  const engine = (globalThis as { _tfengine?: { state?: EngineState; endScope(): void } })._tfengine;
  if (engine?.state === undefined) return;
  try {
    while (engine.state.scopeStack.length > 0) {
      const before = engine.state.scopeStack.length;
      engine.endScope();
      if (engine.state.scopeStack.length >= before) break;
    }
    engine.state.gradientDepth = 0;
    engine.state.kernelDepth = 0;
    engine.state.activeTape = null;
  } catch {
    // Tensors of a half-made scope may be gone already; the scopes themselves are off the stack then.
  }
}

/** @see EngineState of tfjs-core 4.22, engine.ts */
interface EngineState {
  scopeStack: unknown[];
  gradientDepth: number;
  kernelDepth: number;
  activeTape: unknown;
}
