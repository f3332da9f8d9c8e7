import type { Codes, Values } from "./codes.js";
import type { Role } from "./roles.js";

/** An operator of com.microsoft on codes with a requantized output. */
export function emitPointwise(role: Extract<Role, { kind: "pointwise" }>, values: Values): void {
  const { node, opType } = role;
  const parts = node.inputs.map((input) => values.codesOf(input, node));
  if (opType === "QLinearConcat" && parts.every((part) => part.scaleName === parts[0]?.scaleName)) {
    const [first] = parts;
    // Equal parameters all over, and a range that holds the result's: the codes go side by side as they are.
    if (first && role.absorbed.length === 0) {
      const y = values.moveCodes(role.output, first);
      values.rewrite.add({ ...node, inputs: parts.map(({ name }) => name), outputs: [y.name] });
      return;
    }
  }
  const y = values.makeCodes(role.output);
  const { dilations: _none, ...attributes } = node.attributes;
  values.rewrite.add({
    ...node,
    opType,
    domain: "com.microsoft",
    inputs: inputsOf(opType, parts, y),
    outputs: [y.name],
    attributes,
  });
}

function inputsOf(opType: string, parts: readonly Codes[], y: Codes): readonly string[] {
  const operands = parts.flatMap(({ name, scaleName, zeroPointName }) => [name, scaleName, zeroPointName]);
  const result = [y.scaleName, y.zeroPointName];
  return opType === "QLinearConcat" ? [...result, ...operands] : [...operands, ...result];
}

/** An operator that moves codes; its output has the parameters of its input. */
export function emitMove(role: Extract<Role, { kind: "move" }>, values: Values): void {
  const { node } = role;
  const [input = "", ...others] = node.inputs;
  const x = values.codesOf(input, node);
  const outputs = node.outputs.map((name) => (name === "" ? "" : values.moveCodes(name, x).name));
  const padding = node.opType === "Pad" ? [others[0] ?? "", x.zeroPointName, ...others.slice(2)] : others;
  values.rewrite.add({ ...node, inputs: [x.name, ...padding], outputs });
}
