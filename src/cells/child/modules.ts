import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { ownPackage } from "../../base/package.js";
import { held, type MainGate } from "./gate.js";
import type { LazyDisplay } from "./lazy-display.js";
import { loadTensorFlowFor } from "./tensorflow.js";
import { typeScriptFile } from "./typescript-files.js";

/** Loads what cells import, as Node does it from the notebook's folder, and from Nibble's own packages where that has none. */
export interface Modules {
  /** Loads the modules that a cell imports, so that `require` has them. */
  preload(specifiers: readonly string[]): Promise<void>;
  /** `require` of cells. */
  readonly require: NodeJS.Require;
}

type Namespace = object;

export function createModules(folder: string, display: LazyDisplay, gate: MainGate): Modules {
  const here = loadersOf(folder);
  const own = loadersOf(ownPackage().folder);
  const loaded = new Map<string, Namespace>();

  const load = async (specifier: string): Promise<Namespace> => {
    const special = await held(gate, () => specialModule(specifier, here.require, display));
    if (special) return special;
    if (isPath(specifier)) {
      const file = typeScriptFile(resolve(folder, specifier));
      if (file) return here.require(file) as Namespace;
    }
    try {
      return await here.import(specifier);
    } catch (error) {
      if (!isMissing(error, specifier)) throw error;
      return await own.import(specifier).catch((second: unknown) => {
        throw isMissing(second, specifier) ? notFound(specifier, folder) : second;
      });
    }
  };

  const requireHere = (specifier: string): unknown => {
    const imported = loaded.get(specifier);
    if (imported !== undefined) return imported;
    if (isPath(specifier)) {
      const file = typeScriptFile(resolve(folder, specifier));
      if (file) return here.require(file);
    }
    try {
      return here.require(specifier);
    } catch (error) {
      if (!isMissing(error, specifier)) throw error;
      try {
        return own.require(specifier);
      } catch (second) {
        throw isMissing(second, specifier) ? notFound(specifier, folder) : second;
      }
    }
  };

  return {
    async preload(specifiers) {
      for (let i = 0; i < specifiers.length; i++) {
        const specifier = specifiers[i];
        if (specifier !== undefined && !loaded.has(specifier)) loaded.set(specifier, completed(await load(specifier)));
      }
    },
    require: Object.assign(requireHere, here.require, { resolve: here.require.resolve }) as NodeJS.Require,
  };
}

interface Loaders {
  readonly require: NodeJS.Require;
  import(specifier: string): Promise<Namespace>;
}

/** `require` and `import()` as a module in the folder has them; the module itself need not exist. */
function loadersOf(folder: string): Loaders {
  const file = join(folder, "<cell>");
  const load = vm.compileFunction("return import(specifier)", ["specifier"], {
    filename: file,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  } as vm.CompileFunctionOptions);
  return { require: createRequire(file), import: (specifier) => load(specifier) };
}

/** Modules that are ours to give: this very library, TF.js on its fastest backend, and tslab's names. */
async function specialModule(
  specifier: string,
  from: NodeJS.Require,
  display: LazyDisplay,
): Promise<Namespace | undefined> {
  if (specifier === "nibble-quant") return await import(libraryUrl());
  // tslab's own module, installed or not, would wait for a kernel of its own.
  if (specifier === "tslab") return await display.tslab();
  return await loadTensorFlowFor(specifier, from);
}

/** The same file that the session library of Nibble cells belongs to. */
function libraryUrl(): string {
  const { folder, fromSource } = ownPackage();
  return pathToFileURL(fromSource ? join(folder, "src", "index.ts") : join(folder, "dist", "index.js")).href;
}

/** A namespace that has every name that TypeScript's `import { name }` may ask for. */
function completed(namespace: Namespace): Namespace {
  const { default: whole, __esModule } = namespace as { default?: unknown; __esModule?: unknown };
  if (whole === null || (typeof whole !== "object" && typeof whole !== "function")) return namespace;
  // CommonJS made from ES modules: its `default` is its own, as its types say, not Node's.
  if (__esModule === true && (whole as { __esModule?: unknown }).__esModule === true) return whole;
  // CommonJS whose names Node could not find by reading the text.
  const missing = Reflect.ownKeys(whole).filter((key) => typeof key === "string" && !(key in namespace));
  if (missing.length === 0 || !isCommonJs(namespace)) return namespace;
  const all = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(namespace)) reexport(all, key, namespace);
  for (const key of missing) reexport(all, key as string, whole);
  return all;
}

/** True for a namespace that exports nothing but what its `default` holds. */
function isCommonJs(namespace: Namespace): boolean {
  const whole = (namespace as { default?: Record<string, unknown> }).default;
  return Object.keys(namespace).every(
    (key) => key === "default" || key === "module.exports" || (whole && key in whole),
  );
}

function reexport(all: object, key: string, source: object): void {
  Object.defineProperty(all, key, { get: () => Reflect.get(source, key), enumerable: true, configurable: true });
}

function isPath(specifier: string): boolean {
  return /^(\.{0,2}\/|\.{1,2}$)/.test(specifier);
}

/** Whether this very specifier was not found; a module that it imports in turn and lacks is another matter. */
function isMissing(error: unknown, specifier: string): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return false;
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return !isPath(specifier) && String(message).split("\n")[0]?.includes(`'${name}`) === true;
}

function notFound(specifier: string, folder: string): Error {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const installed = existsSync(join(folder, "node_modules", name));
  return Object.assign(
    new Error(
      installed
        ? `the package "${name}" has no module "${specifier}"`
        : `no package "${name}" is installed in ${folder} or above it; run "npm install ${name}" there`,
    ),
    { name: "ModuleNotFoundError", code: "MODULE_NOT_FOUND" },
  );
}
