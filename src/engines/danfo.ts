import { createRequire } from "node:module";
import { withoutDeprecations } from "./quiet.js";
import { plainTfjs } from "./tfjs.js";

const require = createRequire(import.meta.url);

/** The part of danfojs-node that is there on every backend. */
export type Danfo = typeof import("danfojs-node");

let loaded: Danfo | undefined;

/**
 * danfojs, quietly. It asks for tfjs-node by name, which throws where the native binding is not built and takes half a
 * second where it is. A DataFrame needs plain TF.js alone, so that is what it gets; tensors made from it run on whatever
 * backend `loadTensorFlow` started, for there is one TF.js in the process.
 */
export function loadDanfo(): Danfo {
  loaded ??= load();
  return loaded;
}

function load(): Danfo {
  const id = require.resolve("@tensorflow/tfjs-node");
  const earlier = require.cache[id];
  if (earlier === undefined) {
    plainTfjs();
    require.cache[id] = require.cache[require.resolve("@tensorflow/tfjs")];
  }
  try {
    return withoutDeprecations(() => require("danfojs-node") as Danfo);
  } finally {
    // A later loadTensorFlow must find the real tfjs-node.
    if (earlier === undefined) delete require.cache[id];
  }
}
