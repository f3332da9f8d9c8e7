import type { Graph } from "../ir/graph.js";
import { growthSteps, rangeChange } from "../measure/calibration-check.js";
import { activationsAlone, weightsAlone } from "../quantize/isolate/isolate.js";
import { quantizeGraph } from "../quantize/quantize.js";
import type { Calibration, Scheme } from "../quantize/scheme.js";
import type { Range } from "../tensor/quant.js";
import type { ArmFigures, ArmName, DiagnosisOpening } from "./diagnosis-task.js";
import { configured, engineConfig } from "./engine-config.js";
import { checkSamples } from "./explain.js";
import type { Opened } from "./opened.js";
import { enterStage } from "./stage.js";
import { armOf, drawSubset, dropBetween, type Outputs, outputsOn, type Subset } from "./subset.js";

/** A diagnosis under way in this process. */
export interface Diagnosis {
  readonly opening: DiagnosisOpening;
  measure(name: ArmName): Promise<ArmFigures>;
}

/** Multiply-adds of all arms of one diagnosis: some ten seconds. */
const DIAGNOSIS_WORK = 2e11;

/** The calibrations that the growth of one is looked at with, itself last: what `open` has to be asked for. */
export function growthOf(calibration: Calibration): readonly Calibration[] {
  return growthSteps(calibration.samples).map((samples) => ({ ...calibration, samples }));
}

/** Quantizes and runs the trial itself on a subset of the test split, and finds out which arms there are. */
export async function startDiagnosis(opened: Opened, scheme: Scheme): Promise<Diagnosis> {
  enterStage("quantize");
  const ranges = scheme.calibration && opened.ranges(scheme.calibration);
  const quantized = quantizeGraph(opened.graph, scheme, ranges);
  const layers = quantizedLayers(opened.graph, scheme, ranges);
  enterStage("accuracy");
  const subset = await drawSubset(opened, DIAGNOSIS_WORK, 2 * layers.length + 3);
  const run = (graph: Graph, isFloat = false) =>
    outputsOn(
      subset.rows,
      opened,
      configured(opened.engine, engineConfig(scheme)),
      graph,
      scheme.mode === "dynamic" && !isFloat ? 1 : undefined,
    );
  const all = await run(quantized);
  const activations = activationsAlone(opened.graph, quantized);
  const { calibrated } = opened;
  return {
    opening: {
      metric: all.scores.metric,
      all: armOf(all, subset, opened.seed),
      samples: subset.rows.length,
      layers,
      quantizesActivations: activations !== undefined,
      ...(scheme.calibration && calibrated
        ? { calibration: checkSamples(opened, scheme.calibration.samples, calibrated) }
        : {}),
    },
    async measure(name) {
      switch (name.kind) {
        case "weights":
          return figures(await run(weightsAlone(opened.graph, quantized), true), all, subset, opened.seed);
        case "activations":
          if (!activations) throw new Error("run: the scheme quantizes no activations");
          return figures(await run(activations), all, subset, opened.seed);
        case "alone":
        case "kept": {
          const varied =
            name.kind === "alone" ? onlyLayer(opened.graph, scheme, name.layer) : without(scheme, name.layer);
          return figures(await run(quantizeGraph(opened.graph, varied, ranges)), all, subset, opened.seed);
        }
        case "calibrated": {
          if (!scheme.calibration || !ranges) throw new Error("run: the scheme is not calibrated");
          const fewer = opened.ranges({ ...scheme.calibration, samples: name.samples });
          const outputs = await run(quantizeGraph(opened.graph, scheme, fewer));
          const change = rangeChange(widthsOf(fewer, ranges), widthsOf(ranges, ranges));
          return { ...figures(outputs, all, subset, opened.seed), rangeChange: change };
        }
      }
    },
  };
}

function figures(outputs: Outputs, all: Outputs, subset: Subset, seed: number): ArmFigures {
  return { arm: armOf(outputs, subset, seed), gain: dropBetween(all, outputs, subset, seed) };
}

function widthsOf(ranges: ReadonlyMap<string, Range>, order: ReadonlyMap<string, Range>): readonly number[] {
  return [...order.keys()].map((value) => {
    const range = ranges.get(value);
    return range ? range.max - range.min : 0;
  });
}

const layersOf = (graph: Graph): readonly string[] => [
  ...new Set(graph.nodes.flatMap(({ layer }) => (layer === undefined ? [] : [layer]))),
];

const without = (scheme: Scheme, layer: string): Scheme => ({ ...scheme, keep: { ...scheme.keep, [layer]: "fp32" } });

function onlyLayer(graph: Graph, scheme: Scheme, layer: string): Scheme {
  const others = layersOf(graph).filter((each) => each !== layer);
  return { ...scheme, keep: { ...scheme.keep, ...Object.fromEntries(others.map((each) => [each, "fp32"])) } };
}

/** Layers whose keeping changes the trial's graph: those that it quantizes by themselves. */
function quantizedLayers(
  graph: Graph,
  scheme: Scheme,
  ranges: ReadonlyMap<string, Range> | undefined,
): readonly string[] {
  return layersOf(graph).filter((layer) =>
    differs(graph, quantizeGraph(graph, onlyLayer(graph, scheme, layer), ranges)),
  );
}

function differs(a: Graph, b: Graph): boolean {
  if (a === b || a.nodes.length !== b.nodes.length) return a !== b;
  return a.nodes.some(
    (node, i) => node.opType !== b.nodes[i]?.opType || node.inputs.join() !== b.nodes[i]?.inputs.join(),
  );
}
