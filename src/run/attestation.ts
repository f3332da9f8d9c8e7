import { attest } from "../backends/onnx/attest.js";
import { DiagnosticError, words } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import { type CrossCheck, formsAgree } from "../measure/cross-check.js";
import type { Scheme } from "../quantize/scheme.js";
import { type StrayWeights, strayWeights } from "../quantize/stray-weights.js";
import type { AttestationResult } from "../results/record.js";
import { crossCheck } from "./cross-check.js";
import { pairSumHazards } from "./hazards.js";
import type { Opened } from "./opened.js";
import { probePairSums } from "./pair-sums.js";

/**
 * What ran: the engine's own graph against the plan, the QDQ form against the QOperator form, and what this CPU does to sums. A
 * trial of which the two forms disagree on integer kernels is as little attested as one that fell back to float.
 * @param opened    with the engine as the trial's scheme configures it
 * @param optimized the ONNX file that the engine wrote of the quantized graph
 */
export async function attestTrial(
  opened: Opened,
  quantized: Graph,
  optimized: Uint8Array,
  scheme: Scheme,
): Promise<AttestationResult> {
  const { fallen, ...facts } = attest(quantized, optimized);
  const { cross, refused } = scheme.mode === "static" ? await checkedForms(opened, quantized) : {};
  const stray = scheme.method === undefined || scheme.method === "rtn" ? strayWeights(opened.graph, quantized) : [];
  const disagrees = cross !== undefined && !formsAgree(cross);
  const probe = scheme.precise ? await probePairSums(opened.engine) : (opened.pairSums ?? []);
  const hazards = [...(refused === undefined ? [] : [refused]), ...pairSumHazards(opened, quantized, scheme, probe)];
  return {
    ...facts,
    ...(facts.attested && disagrees
      ? { attested: false, reason: "its QDQ form gives other results on this engine" }
      : {}),
    ...(stray.length > 0 ? { attested: false, reason: strayReason(stray) } : {}),
    ...(fallen ? { fallen: fallen.map(({ kernels: _, ...each }) => each) } : {}),
    ...(hazards.length > 0 ? { hazards } : {}),
    ...(cross ? { crossCheck: cross } : {}),
  };
}

function strayReason(stray: readonly StrayWeights[]): string {
  const layers = [...new Set(stray.map(({ node, layer }) => layer ?? node))].slice(0, 6).join(", ");
  const most = Math.max(...stray.map(({ steps }) => steps));
  return (
    `the integer weights of ${layers} are up to ${most.toFixed(1)} steps from the model's own, where rounding leaves half a ` +
    "step: their scales lie along a wrong axis or belong to others"
  );
}

/** An engine that takes the QOperator form alone costs the check, not the trial. */
async function checkedForms(
  opened: Opened,
  quantized: Graph,
): Promise<{ readonly cross?: CrossCheck; readonly refused?: string }> {
  try {
    const cross = await crossCheck(opened, quantized);
    return cross ? { cross } : {};
  } catch (error) {
    const [first] = error instanceof DiagnosticError ? error.diagnostics : [];
    if (first?.code !== "engine-refused") throw error;
    return { refused: `not cross-checked: ${words(first).message}` };
  }
}
