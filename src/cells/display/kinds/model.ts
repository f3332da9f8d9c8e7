import { isMethod, type Kind, type Shape, shapeOf } from "../kind.js";
import { cellText, htmlTable, type Table, textTable } from "../table.js";

const MOST_LAYERS = 200;

/** TF.js models: a layers model by its layers, a graph model by its inputs and outputs. */
export const model: Kind = {
  name: "model",
  matches(value) {
    const { predict, layers, countParams, inputs, modelVersion, executor } = shapeOf(value);
    if (!isMethod(predict)) return false;
    const isLayersModel = Array.isArray(layers) && isMethod(countParams);
    return isLayersModel || (Array.isArray(inputs) && modelVersion !== undefined && typeof executor === "object");
  },
  bundle(value) {
    const shape = shapeOf(value);
    const { title, table } = Array.isArray(shape.layers) ? layersOf(shape) : endsOf(shape);
    return { data: { "text/html": htmlTable(table, title), "text/plain": `${title}\n${textTable(table)}` } };
  },
};

interface Titled {
  readonly title: string;
  readonly table: Table;
}

function layersOf(value: Shape): Titled {
  const layers = value.layers as readonly object[];
  const shown = layers.slice(0, MOST_LAYERS).map(shapeOf);
  const left = layers.length - shown.length;
  const rows = shown.map((layer) => [
    cellText(String(layer.name), 60),
    cellText(className(layer), 40),
    attempt(() => shapeText(layer.outputShape)),
    attempt(() => count(paramsOf(layer))),
  ]);
  const total = layers.map((layer) => attempt(() => paramsOf(shapeOf(layer)))).filter((n) => typeof n === "number");
  const name = cellText(String(value.name), 60);
  const weights = total.length < layers.length ? "not built" : `${count(total.reduce((a, b) => a + b, 0))} weights`;
  return {
    title: `${className(value)} ${name}: ${layers.length} layers, ${weights}`,
    table: {
      head: ["layer", "class", "output", "weights"],
      rows,
      right: new Set([3]),
      ...(left > 0 ? { note: `... ${left} more layers` } : {}),
    },
  };
}

function endsOf({ inputs, outputs }: Shape): Titled {
  const ends = (list: unknown, role: string) =>
    (Array.isArray(list) ? (list as readonly Shape[]) : []).map(({ name, shape, dtype }) => [
      role,
      cellText(String(name), 60),
      shapeText(shape),
      cellText(String(dtype), 20),
    ]);
  const rows = [...ends(inputs, "input"), ...ends(outputs, "output")].slice(0, MOST_LAYERS);
  return { title: "GraphModel", table: { head: ["", "name", "shape", "type"], rows } };
}

function className(value: Shape): string {
  const { getClassName } = value;
  return isMethod(getClassName) ? String(getClassName.call(value)) : "layer";
}

function paramsOf(layer: Shape): number {
  const { countParams } = layer;
  if (!isMethod(countParams)) return 0;
  return Number(countParams.call(layer));
}

function count(value: number): string {
  return value.toLocaleString("en");
}

/** Sizes with `null` for what is open; several shapes, one after another. */
function shapeText(shape: unknown): string {
  if (!Array.isArray(shape)) return "";
  if (shape.some(Array.isArray)) return shape.map(shapeText).join(", ");
  return `[${shape.map((size) => (typeof size === "number" && size >= 0 ? size : "null")).join(", ")}]`;
}

/** A layer that is not built yet throws when asked for its shape or weights. */
function attempt<T>(ask: () => T): T | string {
  try {
    return ask();
  } catch {
    return "not built";
  }
}
