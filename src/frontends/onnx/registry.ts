import { operators } from "../../ir/operators/registry.js";
import type { OnnxOperator } from "./operator.js";
import { blocks } from "./ops/attention.js";
import { classic } from "./ops/classic.js";
import { controls } from "./ops/control.js";
import { elementwise } from "./ops/elementwise.js";
import { indexing } from "./ops/indexing.js";
import { normalizations } from "./ops/normalization.js";
import { products } from "./ops/products.js";
import { quantized } from "./ops/quantized.js";
import { recurrences } from "./ops/recurrent.js";
import { shapes } from "./ops/shape.js";
import { same } from "./same.js";

const written: readonly OnnxOperator[] = [
  ...elementwise,
  ...products,
  ...normalizations,
  ...shapes,
  ...indexing,
  ...recurrences,
  ...quantized,
  ...controls,
  ...classic,
  ...blocks,
];

const keyOf = ({ domain, opType }: Pick<OnnxOperator, "domain" | "opType">): string => `${domain}:${opType}`;
const known = new Set(written.map(keyOf));

/** Operators of the IR that have ONNX's or onnxruntime's own signature, and need no rule of their own. */
const further = operators
  .filter(({ domain, opType }) => domain !== "nibble" && !known.has(keyOf({ domain, opType })))
  .flatMap(({ domain, opType }) =>
    same(domain === "" ? "further" : "onnxruntime's own", opType, domain === "nibble" ? "" : domain),
  );

/** Every operator of ONNX files of which something is known, the refused ones included. */
export const onnxOperators: readonly OnnxOperator[] = [...written, ...further];

const byKey = new Map(onnxOperators.map((operator) => [keyOf(operator), operator] as const));

/** The operator of that name; onnxruntime's optimizer also writes ONNX's own ones under its domain. */
export function onnxOperator(domain: string, opType: string): OnnxOperator | undefined {
  return byKey.get(keyOf({ domain, opType }));
}
