import { expect, test } from "vitest";
import { havePython, runPython } from "./python.js";

test.skipIf(!havePython)("Python has the onnx that writes opset 21, and gets text and bytes", () => {
  const script =
    "import sys, onnx, onnxruntime, numpy; print(onnx.defs.onnx_opset_version() >= 21, sys.stdin.buffer.read().hex())";
  expect(runPython(script, new Uint8Array([0, 255, 7]))).toBe("True 00ff07\n");
  expect(runPython("import sys; print(sys.stdin.read().upper(), end='')", "zwölf")).toBe("ZWÖLF");
});

test.skipIf(!havePython)("a Python error carries its traceback", () => {
  expect(() => runPython("raise ValueError('wrong shape')")).toThrow(/ValueError: wrong shape/);
});
