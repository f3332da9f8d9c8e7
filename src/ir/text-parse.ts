import { bytesPerElement, type DType, elementCount, type Tensor, tensor, zeros } from "../tensor/tensor.js";
import type { Attribute, Dim, Domain, Graph, GraphValue, Node, ValueType } from "./graph.js";
import { GraphTextError, type Scanner, scanLine } from "./text-scan.js";

const dtypes: readonly DType[] = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "bool",
];

const identifier = /[A-Za-z_]\w*/;
const quoted = /"(?:[^"\\]|\\.)*"/;
const number = /-?(?:Infinity|\d+(?:\.\d+)?(?:e[+-]?\d+)?)|NaN/;

/**
 * Reads the text form of a graph (see `printGraph`). Only the form is checked; `verify` checks what it means.
 * @throws {GraphTextError} with the line, when the text is not in that form
 */
export function parseGraph(text: string): Graph {
  const lines = text
    .split("\n")
    .map((content, i) => ({ content: content.trim(), line: i + 1 }))
    .filter(({ content }) => content !== "" && !content.startsWith("//"));
  const [first, ...rest] = lines;
  if (!first) throw new GraphTextError(1, 'a text of a graph begins with graph "name" {');
  const name = parseHeader(scanLine(first.content, first.line));
  const last = rest.pop();
  if (last?.content !== "}") throw new GraphTextError(last?.line ?? first.line, 'the graph does not end with "}"');
  const parts = { inputs: [] as GraphValue[], outputs: [] as GraphValue[], nodes: [] as Node[] };
  const initializers = new Map<string, Tensor>();
  for (const { content, line } of rest) parseLine(scanLine(content, line), parts, initializers);
  return { name, ...parts, initializers };
}

function parseHeader(scanner: Scanner): string {
  scanner.expect("graph");
  const name = parseString(scanner);
  scanner.expect("{");
  endOfLine(scanner);
  return name;
}

function parseLine(
  scanner: Scanner,
  parts: { inputs: GraphValue[]; outputs: GraphValue[]; nodes: Node[] },
  initializers: Map<string, Tensor>,
): void {
  const keyword = scanner.match(/(?:input|output|const)\b/);
  if (keyword === undefined) {
    parts.nodes.push(parseNode(scanner));
  } else {
    const name = parseValueName(scanner);
    scanner.expect(":");
    if (keyword === "const") {
      if (initializers.has(name)) scanner.refuse(`two constants are called "${name}"`);
      initializers.set(name, parseTensor(scanner));
    } else {
      (keyword === "input" ? parts.inputs : parts.outputs).push({ name, type: parseType(scanner) });
    }
  }
  endOfLine(scanner);
}

function endOfLine(scanner: Scanner): void {
  if (!scanner.atEnd()) scanner.fail("the end of the line");
}

function parseString(scanner: Scanner): string {
  const text = scanner.match(quoted) ?? scanner.fail("a quoted string");
  try {
    return JSON.parse(text) as string;
  } catch {
    return scanner.refuse(`${text} has an illegal escape`);
  }
}

/** An identifier or a quoted string. */
function parseWord(scanner: Scanner): string {
  return scanner.match(identifier) ?? parseString(scanner);
}

function parseValueName(scanner: Scanner): string {
  scanner.expect("%");
  return parseWord(scanner);
}

function parseType(scanner: Scanner): ValueType {
  return { dtype: parseDType(scanner), shape: parseList(scanner, () => parseDim(scanner)) };
}

function parseDType(scanner: Scanner): DType {
  const found = scanner.match(identifier);
  return (
    dtypes.find((dtype) => dtype === found) ??
    scanner.refuse(`no element type is called "${found ?? ""}"; known: ${dtypes.join(", ")}`)
  );
}

function parseDim(scanner: Scanner): Dim {
  const size = scanner.match(/\d+/);
  return size === undefined ? parseWord(scanner) : Number(size);
}

function parseNumber(scanner: Scanner): number {
  return Number(scanner.match(number) ?? scanner.fail("a number"));
}

/** `[item, item]`, possibly empty. */
function parseList<T>(scanner: Scanner, item: () => T): T[] {
  scanner.expect("[");
  const items: T[] = [];
  if (scanner.take("]")) return items;
  do items.push(item());
  while (scanner.take(","));
  scanner.expect("]");
  return items;
}

function parseTensor(scanner: Scanner): Tensor {
  const dtype = parseDType(scanner);
  const shape = parseList(scanner, () => Number(scanner.match(/\d+/) ?? scanner.fail("a size")));
  const count = elementCount(shape);
  scanner.expect("=");
  if (scanner.take("...")) return scanner.refuse("this text was printed without weights and cannot be read back");
  if (scanner.take("base64")) return fromBase64(scanner, dtype, shape, count);
  const values = parseList(scanner, () => scanner.match(number) ?? scanner.fail("a number"));
  if (values.length !== count) return scanner.refuse(`${values.length} elements do not fill a shape of ${count}`);
  const result: Tensor = zeros(dtype, shape);
  for (const [i, value] of values.entries()) {
    if (result.data instanceof BigInt64Array) result.data[i] = parseBigInt(value, scanner);
    else result.data[i] = Number(value);
  }
  return result;
}

function parseBigInt(text: string, scanner: Scanner): bigint {
  return /^-?\d+$/.test(text) ? BigInt(text) : scanner.refuse(`int64 cannot hold ${text}`);
}

function fromBase64(scanner: Scanner, dtype: DType, shape: readonly number[], count: number): Tensor {
  const bytes = Buffer.from(parseString(scanner), "base64");
  const expected = count * bytesPerElement(dtype);
  if (bytes.length !== expected)
    return scanner.refuse(`${bytes.length} bytes do not fill a shape of ${expected} bytes`);
  const make = zeros(dtype, []).data.constructor as new (buffer: ArrayBufferLike) => Tensor["data"];
  return tensor(dtype, shape, new make(Uint8Array.from(bytes).buffer));
}

/** `%y, %z = Op(%a, , %b) {name = value} @layer "l" name "n"` */
function parseNode(scanner: Scanner): Node {
  const outputs = parseOperands(scanner);
  scanner.expect("=");
  const operator = scanner.match(/[A-Za-z_][\w.]*/) ?? scanner.fail("an operator");
  const dot = operator.lastIndexOf(".");
  const domain = operator.slice(0, Math.max(0, dot));
  if (domain !== "" && domain !== "com.microsoft" && domain !== "nibble")
    scanner.refuse(`no domain is called "${domain}"; known: "", com.microsoft and nibble`);
  scanner.expect("(");
  const inputs = parseOperands(scanner);
  scanner.expect(")");
  const attributes = scanner.take("{") ? parseAttributes(scanner) : {};
  const layer = scanner.take("@layer") ? parseString(scanner) : undefined;
  scanner.expect("name");
  return {
    name: parseString(scanner),
    opType: operator.slice(dot + 1),
    domain: domain satisfies Domain,
    inputs,
    outputs,
    attributes,
    ...(layer === undefined ? {} : { layer }),
  };
}

/** Names of values separated by commas; an absent one is empty, a lone absent one `%""`. */
function parseOperands(scanner: Scanner): string[] {
  const next = () => (scanner.take("%") ? parseWord(scanner) : undefined);
  const names = [next()];
  while (scanner.take(",")) names.push(next());
  return names.length === 1 && names[0] === undefined ? [] : names.map((name) => name ?? "");
}

function parseAttributes(scanner: Scanner): Record<string, Attribute> {
  const attributes: [string, Attribute][] = [];
  do {
    const name = parseWord(scanner);
    if (attributes.some(([other]) => other === name)) scanner.refuse(`two attributes are called "${name}"`);
    scanner.expect("=");
    attributes.push([name, parseAttribute(scanner)]);
  } while (scanner.take(","));
  scanner.expect("}");
  return Object.fromEntries(attributes);
}

function parseAttribute(scanner: Scanner): Attribute {
  if (scanner.take("tensor")) return parseTensor(scanner);
  if (scanner.match(/\[\s*(?=")/) !== undefined) {
    const texts = [parseString(scanner)];
    while (scanner.take(",")) texts.push(parseString(scanner));
    scanner.expect("]");
    return texts;
  }
  if (scanner.match(/(?=\[)/) !== undefined) return parseList(scanner, () => parseNumber(scanner));
  if (scanner.match(/(?=")/) !== undefined) return parseString(scanner);
  return parseNumber(scanner);
}
