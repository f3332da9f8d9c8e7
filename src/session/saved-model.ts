import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { shortHash } from "../base/hash.js";
import { tfjsFromArtifacts } from "../frontends/tfjs/artifacts.js";
import { writeTfjs } from "../frontends/tfjs/write.js";
import type { ResolvedPath } from "../language/host.js";

/**
 * Saves a `tf.LayersModel` of this process where a child process can read it.
 * The folder is named by the model's content, so that the same weights are saved once.
 */
export async function saveModel(name: string, value: unknown, folder: string): Promise<ResolvedPath> {
  if (typeof value === "string") return { path: value };
  const model = tfjsFromArtifacts(value);
  const target = join(folder, `${name}-${shortHash(model.hash)}`);
  await mkdir(target, { recursive: true });
  return { path: await writeTfjs(model, target) };
}
