import { type SizeResult, sizeResult } from "../measure/size.js";
import { dependsOnBatch, type SimulatedGraph, simulateGraph } from "../quantize/simulate.js";
import { weightBytes } from "../quantize/size.js";
import { explainTrial } from "./explain.js";
import { score } from "./inference.js";
import { layerErrors } from "./layer-errors.js";
import type { Opened } from "./opened.js";
import type { EvaluatedTrial, Tasks } from "./protocol.js";
import { accuracyOf, stopRule } from "./scoring.js";
import { simulating } from "./simulating.js";
import { enterStage } from "./stage.js";

/**
 * A trial of which some format has no kernel: the model computes in float32 on the engine, on values as the formats leave
 * them. Accuracy is measured and size computed; there is no file, so nothing of it can be loaded or timed.
 */
export async function evaluateSimulated(
  opened: Opened,
  { scheme, measures }: Tasks["trial"]["input"],
): Promise<EvaluatedTrial> {
  const { engine, graph, dataset, fp32, seed } = opened;
  enterStage("quantize");
  const ranges = scheme.calibration ? opened.ranges(scheme.calibration) : undefined;
  const simulated = simulateGraph(graph, scheme, ranges);
  enterStage("accuracy");
  const nothing = new Uint8Array();
  const stop = stopRule(measures);
  const scored = await score(simulating(engine, simulated.graph), nothing, simulated.graph, dataset, {
    ...(dependsOnBatch(scheme) ? { batchSize: 1 } : {}),
    float: fp32,
    stop,
    seed,
  });
  const formats = [scheme.weights?.dtype, scheme.activations?.dtype].filter((name) => name !== undefined);
  const reason = `simulated: computed in float32 on values as ${[...new Set(formats)].join(" and ")} hold them; no integer kernel ran`;
  return {
    path: "",
    accuracy: accuracyOf(scored, fp32, { seed, stop }),
    size: computedSize(opened, simulated),
    attestation: { integerNodes: 0, floatNodes: 0, attested: false, reason },
    work: [],
    ...(await explainTrial(opened, scheme, simulated.graph)),
    ...(measures.layers ? { layers: await layerErrors(opened, simulated.graph, engine, true) } : {}),
  };
}

/** The bytes of the fp32 file with its weights in their formats. */
function computedSize({ graph, fp32 }: Opened, { graph: simulated, stored }: SimulatedGraph): SizeResult {
  const weights = weightBytes(simulated, stored);
  const before = sum(weightBytes(graph));
  return sizeResult(weights, fp32.bytes.length - before + sum(weights), fp32.bytes.length);
}

function sum(parts: ReturnType<typeof weightBytes>): number {
  return parts.codes + parts.scales + parts.zeroPoints + parts.float + parts.other;
}
