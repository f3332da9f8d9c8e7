import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DiagnosticError, fail } from "../base/diagnostic.js";
import { hashBytes } from "../base/hash.js";
import { extendTfjs, type TfjsExtension } from "../engines/own-layers.js";
import type { LayerDefinition, Value } from "../frontends/tfjs/layer.js";
import { registerLayer } from "../frontends/tfjs/layers/registry.js";

/** What a module exports that teaches Nibble layer classes of the user's own. */
export interface LayerModule {
  /** How each class is lowered. */
  readonly layers: readonly LayerDefinition[];
  /**
   * Registers the classes with a copy of TF.js, `tf.serialization.registerClass(Mine)`, so that it can load the model: to
   * train it in a notebook, and as the oracle that the lowering is compared with. The module must use this copy.
   */
  readonly tfjs?: TfjsExtension;
}

const modules = new Set<string>();

/** Addresses of the modules that were registered here, in order; child processes are started with them. */
export function layerModules(): readonly string[] {
  return [...modules];
}

/**
 * Imports a module of layer classes, and uses it here and in every child process that is started from now on: models are
 * lowered again there. Only TypeScript can do this; a `.nib` program has no way to name a module.
 * @param module a file's path, from the current folder, or its `file:` address: `new URL("./mine.mjs", import.meta.url)`
 * @returns the class names
 * @throws {DiagnosticError} `layer-module` when it cannot be imported or exports something else
 */
export async function registerLayers(module: string | URL): Promise<readonly string[]> {
  const url = addressOf(module);
  const { layers, tfjs } = await imported(url);
  const origin = hashBytes(await readFile(fileURLToPath(url)));
  for (const layer of layers) registerLayer(layer.className, guarded(layer), origin);
  if (tfjs) {
    extendTfjs((tf) => {
      attempt(url, () => tfjs(tf));
    });
  }
  modules.add(url);
  return layers.map(({ className }) => className);
}

function addressOf(module: string | URL): string {
  const text = String(module);
  const url = module instanceof URL || /^[a-z]{2,}:/i.test(text) ? text : pathToFileURL(resolve(text)).href;
  return url.startsWith("file:") ? url : refuse(text, "it is not a file of this machine");
}

async function imported(url: string): Promise<LayerModule> {
  let found: Partial<Record<keyof LayerModule, unknown>>;
  try {
    found = (await import(/* @vite-ignore */ url)) as typeof found;
  } catch (error) {
    return refuse(url, messageOf(error));
  }
  const { layers, tfjs } = found;
  if (!Array.isArray(layers) || layers.length === 0) return refuse(url, "it exports no list `layers`");
  for (const layer of layers as Partial<LayerDefinition>[]) {
    const named = typeof layer?.className === "string" && layer.className !== "";
    if (!named) refuse(url, "a layer has no className");
    if (typeof layer.lower !== "function") refuse(url, `"${layer.className}" has no function lower`);
  }
  if (tfjs !== undefined && typeof tfjs !== "function") return refuse(url, "its `tfjs` is no function");
  return found as LayerModule;
}

/** The definition with what its code throws or gives back wrongly told as a mistake at that layer. */
function guarded(definition: LayerDefinition): LayerDefinition {
  const { className } = definition;
  return {
    ...definition,
    lower(context, inputs) {
      const layer = { layer: context.name, className };
      try {
        const outputs = definition.lower(context, inputs);
        return isValues(outputs) ? outputs : fail("layer-lowering", { ...layer, reason: RESULT });
      } catch (error) {
        if (error instanceof DiagnosticError) throw error;
        return fail("layer-lowering", { ...layer, reason: messageOf(error) });
      }
    },
  };
}

const RESULT = "lower must return a list of { name, shape }, names as context.node gave them, shapes without the batch";

function isValues(outputs: unknown): outputs is readonly Value[] {
  const isValue = (value: Partial<Value> | undefined) =>
    typeof value?.name === "string" && Array.isArray(value.shape) && value.shape.every(Number.isInteger);
  return Array.isArray(outputs) && outputs.length > 0 && outputs.every(isValue);
}

function attempt(url: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    refuse(url, messageOf(error));
  }
}

function refuse(module: string, reason: string): never {
  return fail("layer-module", { module: module.startsWith("file:") ? fileURLToPath(module) : module, reason });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
