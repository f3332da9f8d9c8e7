import type { JsonObject } from "../tfjs/json.js";

/** What a node reads: output `port` of the node `node`. */
export interface NodeInput {
  readonly node: string;
  readonly port: number;
}

/** A node of a GraphDef, checked: its inputs exist. Control inputs (`^x`) are gone; they order side effects, of which inference has none. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly NodeInput[];
  /** As in the file. Read it with the functions of `attributes.ts`. */
  readonly attributes: JsonObject;
}
