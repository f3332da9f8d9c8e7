import type { DataType, KernelBackend, KernelConfig, Tensor, TensorInfo } from "@tensorflow/tfjs";

type TfModule = typeof import("@tensorflow/tfjs");

/** What both the CPU and the wasm backend have beyond the interface that TF.js declares. */
interface ArrayBackend extends KernelBackend {
  write(values: Values, shape: number[], dtype: DataType): object;
  readSync(dataId: object): Values;
}
type Values = Float32Array | Int32Array | Uint8Array | Uint8Array[];

/** These work on complex tensors, which are pairs of tensors and cannot be moved as one array. */
const COMPLEX = /^(Complex|ComplexAbs|Real|Imag|FFT|IFFT)$/;

/**
 * Gives the wasm backend the kernels that it lacks and the plain JavaScript backend has: the gradients of convolution
 * filters and of embeddings above all, without which TF.js cannot train there. Each runs on the CPU backend over copies
 * of its inputs.
 */
export function completeWasmKernels(tf: TfModule): void {
  const there = new Set(tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
  for (const config of tf.getKernelsForBackend("cpu")) {
    if (there.has(config.kernelName) || COMPLEX.test(config.kernelName)) continue;
    tf.registerKernel({ kernelName: config.kernelName, backendName: "wasm", kernelFunc: borrowed(tf, config) });
  }
}

function borrowed(tf: TfModule, { kernelFunc }: KernelConfig): KernelConfig["kernelFunc"] {
  return ({ inputs, backend, attrs }) => {
    const wasm = backend as ArrayBackend;
    const cpu = tf.engine().findBackend("cpu") as ArrayBackend;
    const copies: object[] = [];
    const toCpu = (info: TensorInfo): TensorInfo => {
      const dataId = cpu.write(wasm.readSync(info.dataId), info.shape, info.dtype);
      copies.push(dataId);
      return { ...plain(info), dataId };
    };
    const fromCpu = (info: TensorInfo): TensorInfo => {
      const dataId = wasm.write(cpu.readSync(info.dataId), info.shape, info.dtype);
      cpu.disposeData(info.dataId);
      return { ...plain(info), dataId };
    };
    const moved = Object.fromEntries(
      // A kernel with a list of inputs names them 0, 1, 2 ...; optional inputs may be undefined.
      Object.entries(inputs as Record<string, TensorInfo | undefined>).map(([name, info]) => [
        name,
        info && toCpu(info),
      ]),
    );
    // A kernel asks for the tensors in one object or array; both are read by index alone.
    const given = Array.isArray(inputs) ? Object.values(moved) : moved;
    try {
      const outputs = kernelFunc({
        inputs: given as typeof inputs,
        backend: cpu,
        ...(attrs === undefined ? {} : { attrs }),
      });
      return Array.isArray(outputs) ? outputs.map(fromCpu) : fromCpu(outputs);
    } finally {
      for (const dataId of copies) cpu.disposeData(dataId);
    }
  };
}

function plain({ shape, dtype }: TensorInfo | Tensor): { shape: number[]; dtype: DataType } {
  return { shape, dtype };
}
