import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPython } from "../../python.js";

/** A test vector of ONNX's own: a model of one node, inputs and outputs as TensorProto files. */
export interface NodeCase {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** Writes every node test of the installed onnx as length-prefixed blobs, those of opsets that are read. */
const dump = `
import json, struct, sys, warnings
warnings.filterwarnings("ignore")
import numpy as np, onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases
out = open(sys.stdin.readline().strip(), "wb")
def blob(data):
    out.write(struct.pack("<I", len(data))); out.write(data)
count = 0
for case in collect_testcases(None):
    model = case.model
    versions = {o.domain: o.version for o in model.opset_import}
    model.ir_version = min(model.ir_version, 13)
    for ins, outs in case.data_sets:
        if not all(isinstance(v, (np.ndarray, np.generic)) for v in list(ins) + list(outs)):
            continue
        try:
            tensors = [[numpy_helper.from_array(np.asarray(v)).SerializeToString() for v in vs] for vs in (ins, outs)]
        except Exception:
            continue
        for o in model.opset_import:
            if o.domain in ("", "ai.onnx"): o.version = min(o.version, 26)
        blob(case.name.encode()); blob(model.SerializeToString())
        for vs in tensors:
            out.write(struct.pack("<I", len(vs)))
            for v in vs: blob(v)
        count += 1
out.close()
print(count)
`;

/** ONNX's node tests, from the installed Python package. */
export function nodeCases(): readonly NodeCase[] {
  const folder = mkdtempSync(join(tmpdir(), "nibble-node-cases-"));
  try {
    const path = join(folder, "cases.bin");
    runPython(dump, `${path}\n`);
    return readCases(readFileSync(path));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readCases(bytes: Buffer): NodeCase[] {
  const cases: NodeCase[] = [];
  let at = 0;
  const count = () => {
    at += 4;
    return bytes.readUInt32LE(at - 4);
  };
  const blob = () => {
    const length = count();
    at += length;
    return bytes.subarray(at - length, at);
  };
  const list = () => Array.from({ length: count() }, blob);
  while (at < bytes.length) {
    cases.push({ name: blob().toString("utf8"), model: blob(), inputs: list(), outputs: list() });
  }
  return cases;
}
