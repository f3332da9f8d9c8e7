import type { GraphOptions } from "../frontends/onnx/inputs.js";
import type { OpenedOnnx } from "../frontends/onnx/open.js";
import { runPasses } from "../ir/passes.js";
import type { ModelDescription } from "../language/host.js";
import { fusingPasses } from "../quantize/passes/float/prepare.js";
import { whyNotDecoder } from "./with-past-form.js";

/**
 * Whether an ONNX file is a decoder-only language model: it takes tokens, and once what is written out has become causal
 * attention it can be asked for one token behind a cache. Where the file leaves the length of sequences open, `options`
 * say it, and prompts of every other length can be made.
 */
export function onnxDecoder(
  model: Pick<OpenedOnnx, "lowerBoth">,
  options: GraphOptions,
  inputs: ModelDescription["inputs"],
): Pick<ModelDescription, "decoder"> {
  const [tokens, ...others] = inputs;
  const steps = tokens?.shape[0] ?? options.inputShape?.[0];
  if (!tokens || others.length > 0 || tokens.shape.length !== 1 || typeof steps !== "number" || steps < 2) return {};
  const graph = runPasses(model.lowerBoth(options).graph, fusingPasses);
  if (whyNotDecoder(graph, steps) !== undefined) return {};
  // Learned positions end, rotary ones do not.
  const goesOn = whyNotDecoder(graph, steps + 1) === undefined;
  const promptLength = tokens.shape[0] === null ? {} : { promptLength: steps };
  return { decoder: { ...promptLength, ...(goesOn ? {} : { context: steps }) } };
}
