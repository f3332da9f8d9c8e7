import type { DataReader } from "./reader.js";
import { csv } from "./readers/csv.js";
import { declarations } from "./readers/declarations.js";
import { idx } from "./readers/idx.js";
import { images } from "./readers/images.js";
import { jsonl } from "./readers/jsonl.js";
import { npy } from "./readers/npy.js";
import { random } from "./readers/random.js";
import { strokes } from "./readers/strokes.js";
import { text } from "./readers/text.js";

export type { DataReader } from "./reader.js";

/** Every reader that a `data` statement can name. */
export const readers: readonly DataReader[] = [csv, idx, npy, images, jsonl, text, strokes, declarations, random];
