import { diagnostic } from "../../base/diagnostic.js";
import { tokensAmong } from "../../frontends/onnx/sequences.js";
import type { ModelReference } from "../../plan/plan.js";
import { type Checker, reporting } from "../checker.js";
import type { Use } from "../syntax/ast.js";
import type { CheckedData, CheckedModel } from "./sources.js";

/**
 * An ONNX model as sequences of tokens make it: with their length where the file leaves it open, and where the data is text,
 * which is never padded, with constants for what the model takes beside tokens. Only then is known whether it is a decoder.
 * Every other model is returned as it is.
 * @returns undefined when something is wrong with the model, which then has been reported
 */
export async function forSequences(
  model: CheckedModel,
  data: CheckedData,
  use: Use,
  checker: Checker,
): Promise<CheckedModel | undefined> {
  const reference = pairedReference(model, data);
  if (reference === model.reference) return model;
  const { description: before, options, span } = model;
  const place = () => options.get("input_shape")?.span ?? span;
  const description = await reporting(() => checker.host.describeModel(reference), place, checker.report);
  if (!description) return undefined;
  const said = new Set((before.remarks ?? []).map((each) => JSON.stringify(each)));
  for (const remark of description.remarks ?? []) {
    if (!said.has(JSON.stringify(remark))) checker.report({ ...remark, span });
  }
  const names = new Set(description.inputs.map(({ name }) => name));
  const inputs = before.inputs.map(({ name }) => name).filter((name) => !names.has(name));
  if (inputs.length > 0) {
    const facts = { model: reference.name, inputs, data: data.reference.name };
    checker.report(diagnostic("inputs-constant", facts, { span: use.target.span, severity: "note" }));
  }
  return { ...model, reference, description };
}

function pairedReference({ reference, description }: CheckedModel, data: CheckedData): ModelReference {
  const { labels, inputShapes = [] } = data.description;
  const [given, ...others] = inputShapes;
  const name = tokensAmong(description.inputs.map((input) => input.name));
  const tokens = description.inputs.find((input) => input.name === name);
  if (reference.format !== "onnx" || !tokens || tokens.shape.length !== 1) return reference;
  if (given?.length !== 1 || others.length > 0) return reference;
  const shape = tokens.shape.includes(null) ? { inputShape: reference.inputShape ?? given } : {};
  if (labels?.kind === "tokens") return { ...reference, ...shape, sequences: "whole" };
  return description.inputs.length === 1 && !reference.inputShape && shape.inputShape
    ? { ...reference, ...shape }
    : reference;
}
