import { readers } from "../datasets/registry.js";
import { frontends, measures, metrics, views } from "../plan/registry.js";
import { schemes } from "../quantize/registry.js";
import type { Vocabulary } from "./host.js";

/** Every name that Nibble knows, from the registries of their owners. */
export const vocabulary: Vocabulary = { schemes, readers, frontends, measures, metrics, views };
