import { type Diagnostic, DiagnosticError, diagnostic } from "../../base/diagnostic.js";
import type { Graph, Node } from "../../ir/graph.js";
import { elementCount } from "../../tensor/tensor.js";
import { floatForm } from "./float-form.js";
import { scoredOutputs, toGraph } from "./graph.js";
import { type DeclaredInput, declaredInputs, type GraphOptions } from "./inputs.js";
import { layerOf } from "./layer.js";
import type { OnnxModel } from "./model.js";
import { isQuantized, quantizedOperators } from "./quantized.js";
import { tokensAmong } from "./sequences.js";

/** One layer as programs name it; see `layerOf` for what a layer of an ONNX file is. */
export interface LayerSummary {
  readonly name: string;
  /** Its operator with weights, else its first. */
  readonly className: string;
  /** Elements of its weights. */
  readonly parameters: number;
  /** Whether quantization has integer kernels for its weights. */
  readonly quantizable: boolean;
}

/** What a program can name of a model. */
export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  readonly inputs: readonly DeclaredInput[];
  readonly outputs: readonly { readonly name: string }[];
  readonly diagnostics: readonly Diagnostic[];
  /** Whether it came quantized. */
  readonly quantized: boolean;
}

/** Layers, inputs and outputs of a model. Never throws: what is wrong with the model is in `diagnostics`. */
export function summarizeOnnx(model: OnnxModel, options: GraphOptions): ModelSummary {
  const diagnostics: Diagnostic[] = [];
  const collected = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      diagnostics.push(...error.diagnostics);
      return otherwise;
    }
  };
  const inputs = collected(() => declaredInputs(model, options), []);
  const outputs = collected(() => scoredOutputs(model, options), []);
  const takesMore = inputs.length > 1 && tokensAmong(inputs.map(({ name }) => name)) !== undefined;
  // With inputs beside tokens the data decides what the input shape is for; see `forTokens` of the checker.
  const isOpen = (options.inputShape === undefined || takesMore) && inputs.some(({ shape }) => shape.includes(null));
  const lowered = diagnostics.length > 0 || isOpen ? undefined : collected(() => toGraph(model, options), undefined);
  const quantized = lowered !== undefined && isQuantized(lowered);
  const graph = lowered && (quantized ? collected(() => floatForm(lowered), undefined) : lowered);
  for (const [type, tensors] of model.narrowed) {
    diagnostics.push(diagnostic("onnx-narrowed", { type, tensors }, { severity: "warning" }));
  }
  const layers = graph ? layersOf(graph) : fileLayers(model);
  return {
    layers,
    inputs,
    outputs: outputs.map(({ name }) => ({ name })),
    diagnostics,
    quantized: comesQuantized(model),
  };
}

const comesQuantized = ({ graph }: OnnxModel) => graph.nodes.some(({ opType }) => quantizedOperators.has(opType));

const weighty = new Set(["Conv", "ConvTranspose", "MatMul", "Gemm", "LSTM", "GRU", "RNN"]);
const quantizable = new Set(["Conv", "MatMul", "Gemm", "LSTM"]);

/** A node with how many elements of constants it reads. */
interface Weighed {
  readonly layer: string;
  readonly opType: string;
  readonly parameters: number;
}

function layersOf(graph: Graph): readonly LayerSummary[] {
  const sizes = new Map([...graph.initializers].map(([name, { shape }]) => [name, elementCount(shape)] as const));
  // Weights of the float form of a quantized model come out of a node.
  const made = new Map(graph.nodes.flatMap((node) => decodedSize(node, sizes)));
  const sizeOf = (name: string) => sizes.get(name) ?? made.get(name) ?? 0;
  return grouped(
    graph.nodes
      .filter(({ opType }) => opType !== "DequantizeLinear")
      .map(({ layer, name, opType, inputs }) => ({
        layer: layer ?? name,
        opType,
        parameters: inputs.reduce((sum, input) => sum + sizeOf(input), 0),
      })),
  );
}

function decodedSize(node: Node, sizes: ReadonlyMap<string, number>): [string, number][] {
  const [codes = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const size = sizes.get(codes);
  return node.opType === "DequantizeLinear" && size !== undefined ? [[output, size]] : [];
}

/** Without a graph, as the file says them: input sizes are open still. */
function fileLayers({ graph }: OnnxModel): readonly LayerSummary[] {
  const sizeOf = (name: string) => elementCount(graph.initializers.get(name)?.shape ?? [0]);
  return grouped(
    graph.nodes.map((node) => ({
      layer: layerOf(node),
      opType: node.opType,
      parameters: node.inputs.reduce((sum, input) => sum + sizeOf(input), 0),
    })),
  );
}

function grouped(nodes: readonly Weighed[]): readonly LayerSummary[] {
  const layers = new Map<string, LayerSummary>();
  for (const { layer, opType, parameters } of nodes) {
    const counted = weighty.has(opType) ? parameters : 0;
    const known = layers.get(layer);
    const isMain = counted > 0 && (known === undefined || known.parameters === 0);
    layers.set(layer, {
      name: layer,
      className: isMain || known === undefined ? opType : known.className,
      parameters: (known?.parameters ?? 0) + counted,
      quantizable: known?.quantizable === true || (quantizable.has(opType) && counted > 0),
    });
  }
  return [...layers.values()];
}
