import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DiagnosticError, fail } from "../base/diagnostic.js";
import { shortHash } from "../base/hash.js";
import { tfjsFromArtifacts } from "../frontends/tfjs/artifacts.js";
import type { TfjsModel } from "../frontends/tfjs/model.js";
import { writeTfjs } from "../frontends/tfjs/write.js";
import {
  type GraphInMemory,
  graphModelFromMemory,
  isGraphInMemory,
  writeGraphModel,
} from "../frontends/tfjs-graph/artifacts.js";
import type { ResolvedPath } from "../language/host.js";

/** A model in memory; a disposed one, whose weights TF.js no longer gives, is a mistake of the user's like any other. */
function readModel(value: unknown): TfjsModel | GraphInMemory {
  if (value instanceof Promise) fail("model-not-in-memory", { found: "a promise (`await` it first)" });
  try {
    return isGraphInMemory(value) ? graphModelFromMemory(value) : tfjsFromArtifacts(value);
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return fail("model-not-in-memory", { found: `a model whose weights cannot be read (${reason})` });
  }
}

/**
 * Saves a `tf.LayersModel` or `tf.GraphModel` of this process where a child process can read it.
 * The folder is named by the model's content, so that the same weights are saved once.
 */
export async function saveModel(name: string, value: unknown, folder: string): Promise<ResolvedPath> {
  if (typeof value === "string") return { path: value };
  const read = readModel(value);
  const isGraph = "json" in read;
  const target = join(folder, `${name}-${shortHash(isGraph ? read.model.hash : read.hash)}`);
  await mkdir(target, { recursive: true });
  return { path: isGraph ? await writeGraphModel(read, target) : await writeTfjs(read, target) };
}
