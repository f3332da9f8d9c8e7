import type { Node } from "../../../ir/graph.js";
import { type AffineParams, affineParamsOf, quantize } from "../../../tensor/affine.js";
import type { Range } from "../../../tensor/quant.js";
import { type Tensor, tensorFrom } from "../../../tensor/tensor.js";
import { suffix } from "../../weights.js";
import type { Rewrite } from "../rewrite.js";
import type { StaticPlan } from "./plan.js";

/** A value as uint8 codes: names of the codes, and of the scale and zero point that are constants of the graph. */
export interface Codes {
  readonly name: string;
  readonly scaleName: string;
  readonly zeroPointName: string;
  readonly scale: number;
}

/** Gives values as codes or as floats, converting each once and only when somebody asks. */
export interface Values {
  readonly rewrite: Rewrite;
  /** The value as codes; a QuantizeLinear is added if it is float so far, a constant is quantized at once. */
  codesOf(value: string, reader: Node): Codes;
  /** Codes of the value if it has them already. */
  existingCodes(value: string): Codes | undefined;
  /** The value as float32, by its name in the float graph; a DequantizeLinear is added if it is codes so far. */
  floatOf(value: string, reader: Node | undefined): string;
  /** Declares codes that a node will make for a value, with the parameters of the value's range. */
  makeCodes(value: string): Codes;
  /** Declares codes that a node will make for a value out of codes with the same parameters. */
  moveCodes(value: string, from: Codes): Codes;
  /** Says that the value is float32 under its own name from here on. */
  madeFloat(value: string): void;
}

/** Scales below this stand for values that are 0 for all practical purposes; the guard keeps multipliers finite. */
const SMALLEST_SCALE = 2 ** -100;

/** Scale and zero point of the uint8 codes of an activation with a calibrated range. */
export function activationParams(range: Range): AffineParams {
  const exact = affineParamsOf(range, "uint8", { symmetric: false });
  return { scale: Math.max(exact.scale, SMALLEST_SCALE), zeroPoint: exact.zeroPoint };
}

export function trackValues(plan: StaticPlan, ranges: ReadonlyMap<string, Range>, rewrite: Rewrite): Values {
  const { graph } = plan.context;
  const codes = new Map<string, Codes>();
  const floats = new Set<string>([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()]);
  const layerOf = (node: Node | undefined) => (node?.layer === undefined ? {} : { layer: node.layer });

  const parameters = (root: string, range: Range): Omit<Codes, "name"> => {
    const { scale, zeroPoint } = activationParams(range);
    return {
      scaleName: rewrite.constant(root + suffix.scale, tensorFrom("float32", [], [scale])),
      zeroPointName: rewrite.constant(root + suffix.zeroPoint, tensorFrom("uint8", [], [zeroPoint])),
      scale,
    };
  };
  const declare = (value: string, made: Codes) => {
    codes.set(value, made);
    return made;
  };
  const makeCodes = (value: string) => {
    const root = plan.rootOf(value);
    const range = ranges.get(root);
    if (!range) throw new Error(`quantize: calibration has no range for "${root}"`);
    return declare(value, { name: rewrite.freeName(value + suffix.codes), ...parameters(root, range) });
  };
  const constantCodes = (value: string, constant: Tensor) => {
    const floatTensor = constant as Tensor<"float32">;
    const range = extremes(floatTensor.data as Float32Array);
    const { scale, zeroPoint } = affineParamsOf(range, "uint8", { symmetric: false });
    const params = { dtype: "uint8", scale: Float32Array.of(scale), zeroPoint: Int32Array.of(zeroPoint) } as const;
    const name = rewrite.constant(value + suffix.codes, quantize(floatTensor, params));
    return declare(value, { name, ...parameters(value, range) });
  };

  return {
    rewrite,
    makeCodes,
    existingCodes: (value) => codes.get(value),
    codesOf(value, reader) {
      const existing = codes.get(value);
      if (existing) return existing;
      const constant = graph.initializers.get(value);
      if (constant) return constantCodes(value, constant);
      const made = makeCodes(value);
      rewrite.add({
        name: `${value}/QuantizeLinear`,
        opType: "QuantizeLinear",
        domain: "",
        inputs: [value, made.scaleName, made.zeroPointName],
        outputs: [made.name],
        attributes: {},
        ...layerOf(reader),
      });
      return made;
    },
    floatOf(value, reader) {
      if (value === "" || floats.has(value)) return value;
      const made = codes.get(value);
      // Values of other types (shapes, indices) have no codes and pass as they are.
      if (!made) return value;
      rewrite.add({
        name: `${value}/DequantizeLinear`,
        opType: "DequantizeLinear",
        domain: "",
        inputs: [made.name, made.scaleName, made.zeroPointName],
        outputs: [value],
        attributes: {},
        ...layerOf(plan.context.uses.producer.get(value) ?? reader),
      });
      floats.add(value);
      return value;
    },
    moveCodes: (value, from) => declare(value, { ...from, name: rewrite.freeName(value + suffix.codes) }),
    madeFloat: (value) => void floats.add(value),
  };
}

function extremes(values: Float32Array): Range {
  let [min, max] = [0, 0];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
