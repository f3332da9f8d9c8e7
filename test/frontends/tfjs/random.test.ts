import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DiagnosticError } from "../../../src/base/diagnostic.js";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { registerLayer } from "../../../src/frontends/tfjs/layers/registry.js";
import { summarize } from "../../../src/frontends/tfjs/summary.js";
import { single } from "../../../src/frontends/tfjs/values.js";
import { interpret } from "../../../src/ir/interpret.js";
import { tensor } from "../../../src/tensor/tensor.js";
import { parity, tf } from "./parity.js";

const L = tf.layers;
const symbol = (value: unknown) => value as SymbolicTensor;

const padding = fc.constantFrom("same" as const, "valid" as const);
const activation = fc.constantFrom(
  "relu" as const,
  "relu6" as const,
  "swish" as const,
  "tanh" as const,
  "linear" as const,
);
const size = fc.integer({ min: 1, max: 3 });

/** One step of a CNN: given a tensor, the next one; a step that does not fit the sizes left leaves the tensor alone. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant("conv" as const),
    filters: fc.integer({ min: 1, max: 4 }),
    kernelSize: size,
    strides: size,
    padding,
    activation,
    useBias: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("depthwise" as const),
    kernelSize: size,
    strides: size,
    padding,
    depthMultiplier: size,
    activation,
  }),
  fc.record({
    kind: fc.constant("separable" as const),
    filters: size,
    kernelSize: size,
    padding,
    depthMultiplier: size,
  }),
  fc.record({
    kind: fc.constant("transpose" as const),
    filters: size,
    kernelSize: size,
    strides: fc.integer({ min: 1, max: 2 }),
    padding,
  }),
  fc.record({ kind: fc.constant("max" as const), poolSize: size, strides: size, padding }),
  fc.record({ kind: fc.constant("average" as const), poolSize: size, strides: size, padding }),
  fc.constant({ kind: "norm" as const }),
  fc.constant({ kind: "prelu" as const }),
  fc.constant({ kind: "pad" as const }),
  fc.constant({ kind: "residual" as const }),
  fc.constant({ kind: "branch" as const }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function apply(x: SymbolicTensor, next: Step): SymbolicTensor {
  const [, height = 0, width = 0, channels = 0] = x.shape as number[];
  const least = Math.min(height, width);
  const on = (layer: { apply(x: SymbolicTensor): unknown }) => symbol(layer.apply(x));
  switch (next.kind) {
    case "conv":
      return least < 3 ? x : on(L.conv2d(next));
    case "depthwise":
      return least < 3 || channels > 6 ? x : on(L.depthwiseConv2d(next));
    case "separable":
      return least < 3 ? x : on(L.separableConv2d(next));
    case "transpose":
      return least > 8 ? x : on(L.conv2dTranspose(next));
    case "max":
      return least < 3 ? x : on(L.maxPooling2d(next));
    case "average":
      return least < 3 ? x : on(L.averagePooling2d(next));
    case "norm":
      return on(L.batchNormalization());
    case "prelu":
      return on(L.prelu({ sharedAxes: [1, 2] }));
    case "pad":
      return on(
        L.zeroPadding2d({
          padding: [
            [1, 0],
            [0, 2],
          ],
        }),
      );
    case "residual": {
      const branch = on(L.conv2d({ filters: channels, kernelSize: 3, padding: "same", activation: "relu" }));
      return symbol(L.add().apply([x, branch]));
    }
    case "branch": {
      const branch = on(L.conv2d({ filters: 2, kernelSize: 1, activation: "sigmoid" }));
      return symbol(L.concatenate().apply([branch, x]));
    }
  }
}

test("random CNNs keep parity with TF.js", async () => {
  const shape = fc.tuple(
    fc.integer({ min: 3, max: 9 }),
    fc.integer({ min: 3, max: 9 }),
    fc.integer({ min: 1, max: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (sizes, steps, pool) => {
        const input = tf.input({ shape: sizes });
        const body = steps.reduce(apply, input);
        const vector = symbol((pool ? L.globalAveragePooling2d({}) : L.flatten()).apply(body));
        const outputs = symbol(L.dense({ units: 3, activation: "softmax" }).apply(vector));
        const model: LayersModel = tf.model({ inputs: input, outputs });
        expect((await parity(model, { batches: [2] })).error).toBeLessThan(1e-4);
        model.dispose();
      },
    ),
    { numRuns: 30, seed: 20 },
  );
});

/** Values to put anywhere into a model's JSON. */
const damage = fc.constantFrom<unknown>(null, -1, 0.5, 1e300, "", "same", [], {}, [[]], { class_name: "Dense" }, true);

test("a damaged model is read or refused with diagnostics, and never anything else", () => {
  const input = tf.input({ shape: [6, 6, 2], name: "image" });
  let x = symbol(L.conv2d({ filters: 2, kernelSize: 3, name: "conv" }).apply(input));
  x = symbol(L.batchNormalization({ name: "norm" }).apply(x));
  x = symbol(L.reshape({ targetShape: [4, 8], name: "steps" }).apply(x));
  x = symbol(L.bidirectional({ layer: L.lstm({ units: 2 }) as never, mergeMode: "concat", name: "both" }).apply(x));
  const model = tf.model({ inputs: input, outputs: symbol(L.dense({ units: 2, name: "head" }).apply(x)) });
  const text = JSON.stringify(model.toJSON(null, false));
  const weights = model.weights;
  const spots = text.match(/"[a-z_]+":/g)?.length ?? 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: spots - 1 }), damage, fc.boolean(), (spot, value, remove) => {
      let at = 0;
      const json: unknown = JSON.parse(text, function (key: string, old: unknown) {
        if (Array.isArray(this) || key === "") return old;
        return at++ === spot ? (remove ? undefined : value) : old;
      });
      const read = () => tfjsFromArtifacts({ toJSON: () => json, weights });
      try {
        toGraph(read());
      } catch (error) {
        expect(error).toBeInstanceOf(DiagnosticError);
      }
      try {
        summarize(read());
      } catch (error) {
        expect(error).toBeInstanceOf(DiagnosticError);
      }
    }),
    { numRuns: 600, seed: 21 },
  );
});

test("a layer of the user's own is lowered by what registerLayer was given", () => {
  registerLayer("Twice", {
    weights: () => ["shift"],
    lower(context, inputs) {
      const x = single(context, inputs);
      const weight = context.weight("shift", x.shape);
      const shift = context.constant(context.weightName("shift"), () => weight);
      const name = context.node("Add", [context.node("Add", [x.name, x.name]), shift]);
      return [{ ...x, name }];
    },
  });
  const model = tfjsFromArtifacts({
    modelTopology: {
      class_name: "Sequential",
      config: [{ class_name: "Twice", config: { name: "twice", batch_input_shape: [null, 2] } }],
    },
    weightSpecs: [{ name: "twice/shift", shape: [2], dtype: "float32" }],
    weightData: Float32Array.of(10, 20).buffer,
  });
  expect(summarize(model).layers).toEqual([{ name: "twice", className: "Twice", parameters: 2, quantizable: false }]);
  const values = interpret(toGraph(model), { twice_input: tensor("float32", [1, 2], Float32Array.of(1, 2)) });
  expect([...(values.get("twice")?.data ?? [])]).toEqual([12, 24]);
});
