import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { interpret } from "../../../src/ir/interpret.js";
import { bytesOf, type DType, type Tensor } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";
import { cases } from "./cases.js";
import { disagreement, graphOf, type OperatorCase } from "./one-node.js";

/** Answers of Python's onnx reference evaluator, for all cases in one process; an error as text. */
const script = `
import base64, json, sys
import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator
names = {"float32": "f4", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "int64": "i8", "bool": "?"}
back = {np.dtype(code): name for name, code in names.items()}
def decode(t):
    return np.frombuffer(base64.b64decode(t["data"]), dtype=names[t["dtype"]]).reshape(t["shape"])
def encode(a):
    a = np.array(a, order="C")
    dtype = back.get(a.dtype) or ("float16" if a.dtype == np.float16 else "bfloat16" if a.dtype.itemsize == 2 else str(a.dtype))
    return {"dtype": dtype, "shape": list(a.shape), "data": base64.b64encode(a.tobytes()).decode()}
answers = []
for one in json.load(sys.stdin):
    try:
        model = onnx.load_from_string(base64.b64decode(one["model"]))
        outputs = ReferenceEvaluator(model).run(None, {name: decode(t) for name, t in one["feeds"].items()})
        answers.append([encode(np.asarray(a)) for a in outputs])
    except Exception as e:
        answers.append(f"{type(e).__name__}: {e}")
print(json.dumps(answers))
`;

interface Encoded {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: string;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
const encode = (t: Tensor): Encoded => ({ dtype: t.dtype, shape: t.shape, data: base64(bytesOf(t)) });

function decode({ dtype, shape, data }: Encoded, like: Tensor): Tensor {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  const make = like.data.constructor as new (buffer: ArrayBufferLike) => Tensor["data"];
  return { dtype, shape, data: dtype === like.dtype ? new make(bytes.buffer) : like.data.slice(0, 0) };
}

const asked = cases.filter((one) => one.noReference === undefined);

/** What the reference evaluator says against ours, for one case; undefined when they agree. */
function compare(one: OperatorCase, answer: readonly Encoded[] | string): string | undefined {
  if (typeof answer === "string") return answer;
  const { graph, feeds } = graphOf(one);
  const found = interpret(graph, feeds);
  for (const [i, { name }] of graph.outputs.entries()) {
    const [ours, theirs] = [found.get(name), answer[i]];
    if (!ours || !theirs) return `no value ${name}`;
    const difference = disagreement(decode(theirs, ours), ours, one.tolerance);
    if (difference) return `${name}: ${difference}`;
  }
  return undefined;
}

test.skipIf(!havePython)("every operator that Python's reference evaluator knows agrees with it", () => {
  const request = asked.map((one) => {
    const { graph, feeds } = graphOf(one);
    const encoded = Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, encode(t)]));
    return { model: base64(toOnnx(graph)), feeds: encoded };
  });
  const answers = JSON.parse(runPython(script, JSON.stringify(request))) as (readonly Encoded[] | string)[];
  const differences = asked.flatMap((one, i) => {
    const difference = compare(one, answers[i] ?? "no answer");
    return difference === undefined ? [] : [`${one.title}: ${difference}`];
  });
  expect(differences).toEqual([]);
  expect(answers.length).toBeGreaterThan(150);
});
