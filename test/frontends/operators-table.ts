import { onnxOperators } from "../../src/frontends/onnx/registry.js";
import { layerDefinitions } from "../../src/frontends/tfjs/layers/registry.js";
import type { OpDefinition } from "../../src/frontends/tfjs-graph/definition.js";
import { opFamilies } from "../../src/frontends/tfjs-graph/ops/registry.js";
import { operators } from "../../src/ir/operators/registry.js";
import { executedProducts, insideRegions } from "./operators-executed.js";

const row = (...cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(...head), row(...head.map(() => "---")), ...rows.map((cells) => row(...cells))].join("\n");

/** `src/frontends/OPERATORS.md`, from the registries. */
export function operatorsTable(): string {
  return `# Operators

Made from the registries by \`npx vitest run test/frontends/operators.test.ts -u\`; a test checks that it is current.

## What executes in which precision

Operators with weights, by the operators that each scheme puts in their place (\`static\` and \`dynamic\`: int8 weights by channel;
\`weight_only\`: int4 in groups of 32). Every other format is simulated; see \`src/quantize/README.md\`.

${table(
  ["operator", "static", "dynamic", "weight_only"],
  executedProducts().map((each) => [each.opType, each.static, each.dynamic, each.weightOnly]),
)}

Other operators inside a quantized region of \`static\`; what is not named here computes in float32, with codes read back before
it and made again behind it where a product follows.

${table(["operator", "on codes"], insiders())}

## Layers of TF.js layers-models

Weights that have integer kernels are marked.

${table(["layer", "weights as integers"], layers())}

## Operators of TF.js graph-models

lowered: to nodes of the IR. folded: known when the model is read, or gone. tail: its sizes depend on values, so the graph is cut
in front of it and TF.js runs the rest. refused: named, with what to do.

${opFamilies.map(({ family, ops }) => `### ${family}\n\n${table(["operator", "support", "weights as integers", "what it is, or why not"], ops.map(graphRow))}`).join("\n\n")}

## Operators of ONNX files

Opset 7 to 26. Operators of onnxruntime's own domain carry it.

${onnxFamilies()}
`;
}

function insiders(): (readonly string[])[] {
  const rows = operators.map(({ opType }) => [opType, insideRegions(opType)] as const);
  return rows.filter(([, how]) => how !== "float").sort(byFirst);
}

function layers(): (readonly string[])[] {
  return layerDefinitions
    .map(({ className, quantizable }) => [className, quantizable ? "yes" : ""] as const)
    .sort(byFirst);
}

function graphRow(definition: OpDefinition): readonly string[] {
  const { op, support, summary } = definition;
  if ("reason" in definition) return [op, support, "", definition.reason];
  const more = definition.note === undefined ? summary : `${summary}; ${definition.note}`;
  return [op, support, definition.quantizable ? "yes" : "", more];
}

function onnxFamilies(): string {
  const byFamily = new Map<string, (readonly string[])[]>();
  for (const { opType, domain, family, support, note } of onnxOperators) {
    const name = domain === "" ? opType : `${domain}: ${opType}`;
    byFamily.set(family, [...(byFamily.get(family) ?? []), [name, support, note ?? ""]]);
  }
  return [...byFamily]
    .map(
      ([family, rows]) =>
        `### ${family}\n\n${table(["operator", "support", "limits, or why not"], rows.sort(byFirst))}`,
    )
    .join("\n\n");
}

const byFirst = ([a = ""]: readonly string[], [b = ""]: readonly string[]) => (a < b ? -1 : a > b ? 1 : 0);
