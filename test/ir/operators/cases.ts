import { elementwiseCases } from "./elementwise-cases.js";
import { matrixCases } from "./matrix-cases.js";
import type { OperatorCase } from "./one-node.js";
import { quantizedCases } from "./quantized-cases.js";
import { recurrentCases } from "./recurrent-cases.js";
import { selectionCases } from "./selection-cases.js";
import { shapeCases } from "./shape-cases.js";
import { transformerCases } from "./transformer-cases.js";
import { windowCases } from "./window-cases.js";

/** Every operator at least once, on seeded operands; onnxruntime and Python's reference evaluator are asked as well. */
export const cases: readonly OperatorCase[] = [
  ...elementwiseCases,
  ...windowCases,
  ...matrixCases,
  ...shapeCases,
  ...selectionCases,
  ...recurrentCases,
  ...quantizedCases,
  ...transformerCases,
];
