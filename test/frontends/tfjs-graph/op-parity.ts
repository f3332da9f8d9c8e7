import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import type { ValueDType } from "../../../src/frontends/tfjs-graph/definition.js";
import { lowerGraphModel } from "../../../src/frontends/tfjs-graph/lower.js";
import type { Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { type Tensor, tensor } from "../../../src/tensor/tensor.js";
import { relativeError, tf } from "../tfjs/parity.js";
import { type Attributes, type GraphFile, graphFile } from "./graph-file.js";

/** An operand of the operator under test: fed at run time, or a constant of the model. */
export type Operand = { readonly fed: Tensor<ValueDType> } | { readonly constant: Tensor<ValueDType> };

export const fed = (value: Tensor): Operand => ({ fed: value as Tensor<ValueDType> });
export const given = (value: Tensor): Operand => ({ constant: value as Tensor<ValueDType> });

/** One operator with operands and options. */
export interface OpCase {
  readonly title: string;
  readonly op: string;
  readonly operands: readonly Operand[];
  readonly attributes?: Attributes;
  /** 1 unless said. */
  readonly outputs?: number;
  /** The first size of what is fed is written into the model, where other cases leave it open. */
  readonly fixed?: true;
}

interface Answer {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/**
 * Three answers that ought to be one: TF.js, onnxruntime on our graph, and our interpreter. Undefined when they agree.
 * `engine: false` leaves onnxruntime out, for properties with many small cases.
 */
export async function disagreement(one: OpCase, { engine = true } = {}): Promise<string | undefined> {
  const file = fileOf(one);
  const expected = await byTfjs(one, file.artifacts());
  const { graph, cuts } = lowerGraphModel(file.model());
  if (cuts.length > 0) return `it is cut: ${cuts.map(({ reason }) => reason).join()}`;
  const feeds = feedsOf(one);
  const values = interpret(graph, feeds);
  const ours = graph.outputs.map(({ name }) => answerOf(values.get(name)));
  const different = differs(expected, ours, "our interpreter");
  if (different !== undefined || !engine) return different;
  return differs(expected, await byOnnxRuntime(graph, feeds), "onnxruntime");
}

/** A model of the one operator. */
export function fileOf(one: OpCase): GraphFile {
  const file = graphFile();
  const names = one.operands.map((operand, i) => {
    if ("constant" in operand) return file.constant(`c${i}`, operand.constant);
    const { dtype, shape } = operand.fed;
    return file.input(`x${i}`, dtype, one.fixed ? shape : [null, ...shape.slice(1)]);
  });
  file.node("op", one.op, names, one.attributes);
  for (let i = 0; i < (one.outputs ?? 1); i++) file.output(i === 0 ? "op" : `op:${i}`);
  return file;
}

/** Our graphs take float32, whatever the model declares. */
function feedsOf(one: OpCase): Record<string, Tensor> {
  return Object.fromEntries(
    one.operands.flatMap((operand, i) =>
      "fed" in operand ? [[`x${i}`, tensor("float32", operand.fed.shape, Float32Array.from(operand.fed.data))]] : [],
    ),
  );
}

/** @throws what TF.js throws when it refuses the model */
export async function byTfjs(one: OpCase, artifacts: ReturnType<GraphFile["artifacts"]>): Promise<Answer[]> {
  const model = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
  const feeds = Object.fromEntries(
    one.operands.flatMap((operand, i) =>
      "fed" in operand
        ? [[`x${i}`, tf.tensor(operand.fed.data as Float32Array, [...operand.fed.shape], operand.fed.dtype)]]
        : [],
    ),
  );
  const names = Array.from({ length: one.outputs ?? 1 }, (_, i) => `op:${i}`);
  const results = model.execute(feeds, names);
  const list = Array.isArray(results) ? results : [results];
  const answers = list.map((result) => ({ shape: result.shape, data: Array.from(result.dataSync(), Number) }));
  model.dispose();
  return answers;
}

async function byOnnxRuntime(graph: Graph, feeds: Readonly<Record<string, Tensor>>): Promise<Answer[]> {
  const options = { graphOptimizationLevel: "disabled", intraOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const session = await InferenceSession.create(toOnnx(graph), options);
  try {
    const fedTensors = Object.entries(feeds).map(
      ([name, { data, shape }]) => [name, new OrtTensor("float32", data as Float32Array, shape)] as const,
    );
    const results = await session.run(Object.fromEntries(fedTensors));
    return graph.outputs.map(({ name }) => {
      const result = results[name];
      return { shape: result?.dims ?? [], data: Array.from((result?.data ?? []) as Float32Array) };
    });
  } finally {
    await session.release();
  }
}

function answerOf(value: Tensor | undefined): Answer {
  return { shape: value?.shape ?? [], data: Array.from((value?.data ?? []) as Float32Array) };
}

function differs(expected: readonly Answer[], found: readonly Answer[], who: string): string | undefined {
  for (const [i, wanted] of expected.entries()) {
    const got = found[i];
    if (got === undefined) return `${who} has no output ${i}`;
    if (got.shape.join() !== wanted.shape.join()) return `${who} gives [${got.shape}] instead of [${wanted.shape}]`;
    const error = relativeError(got.data, wanted.data);
    if (!(error <= 1e-5))
      return `${who} is ${error} away: [${got.data.slice(0, 8)}] instead of [${wanted.data.slice(0, 8)}]`;
  }
  return undefined;
}
