import type { Graph } from "../ir/graph.js";
import { growthSteps, rangeChange } from "../measure/calibration-check.js";
import type { Calibration, Scheme } from "../quantize/scheme.js";
import type { Range } from "../tensor/quant.js";
import type { ArmFigures, ArmName, DiagnosisOpening } from "./diagnosis-task.js";
import { checkSamples } from "./explain.js";
import type { Opened } from "./opened.js";
import { enterStage } from "./stage.js";
import { armOf, drawSubset, dropBetween, type Outputs, outputsOn, type Subset } from "./subset.js";
import { variantsOf } from "./variants.js";

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
  const variants = variantsOf(opened, scheme);
  const quantized = variants.whole(scheme, ranges);
  const layers = quantizedLayers(opened.graph, scheme, (each) => variants.whole(each, ranges));
  enterStage("accuracy");
  const subset = await drawSubset(opened, DIAGNOSIS_WORK, 2 * layers.length + 3);
  const run = (graph: Graph) => outputsOn(subset, opened, variants.open(graph), variants.batchSize);
  // No value of a sample depends on another's where no activation is quantized.
  const runWeights = (graph: Graph) => outputsOn(subset, opened, variants.open(graph));
  const all = await run(quantized);
  const activations = variants.activationsAlone(quantized);
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
          return figures(await runWeights(variants.weightsAlone(quantized, ranges)), all, subset, opened.seed);
        case "activations":
          if (!activations) throw new Error("run: the scheme quantizes no activations");
          return figures(await run(activations), all, subset, opened.seed);
        case "alone":
        case "kept": {
          const varied =
            name.kind === "alone" ? onlyLayer(opened.graph, scheme, name.layer) : without(scheme, name.layer);
          return figures(await run(variants.whole(varied, ranges)), all, subset, opened.seed);
        }
        case "calibrated": {
          if (!scheme.calibration || !ranges) throw new Error("run: the scheme is not calibrated");
          const fewer = opened.ranges({ ...scheme.calibration, samples: name.samples });
          const outputs = await run(variants.whole(scheme, fewer));
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
function quantizedLayers(graph: Graph, scheme: Scheme, whole: (scheme: Scheme) => Graph): readonly string[] {
  return layersOf(graph).filter((layer) => differs(graph, whole(onlyLayer(graph, scheme, layer))));
}

function differs(a: Graph, b: Graph): boolean {
  if (a === b || a.nodes.length !== b.nodes.length) return a !== b;
  return a.nodes.some(
    (node, i) => node.opType !== b.nodes[i]?.opType || node.inputs.join() !== b.nodes[i]?.inputs.join(),
  );
}
