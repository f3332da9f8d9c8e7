import type { DataDescription, ModelDescription } from "../host.js";

/** Most layers that are listed. */
const MOST_LAYERS = 30;

const shapeText = (shape: readonly (number | null)[]) => `[${shape.map((size) => size ?? "?").join(", ")}]`;

/** `Dense, 650 parameters`. */
export function layerSummary({ className, parameters, quantizable }: ModelDescription["layers"][number]): string {
  const size = parameters === undefined ? "" : `, ${parameters.toLocaleString("en")} parameters`;
  return quantizable ? `${className}${size}` : `${className}, nothing to quantize`;
}

/** `5 layers, 65,600 parameters; input [8, 8, 1]`. */
export function modelLine({ layers, inputs }: ModelDescription): string {
  const parameters = layers.reduce((sum, layer) => sum + (layer.parameters ?? 0), 0);
  const shapes = inputs.map(({ shape }) => shapeText(shape)).join(", ");
  const count = `${layers.length} layer${layers.length === 1 ? "" : "s"}`;
  return `${count}, ${parameters.toLocaleString("en")} parameters; input${inputs.length === 1 ? "" : "s"} ${shapes}`;
}

/** `1797 samples of [8, 8, 1]; columns pixel_0, ...`. */
export function dataLine({ size, inputShapes, columns }: DataDescription): string {
  const shapes = (inputShapes ?? []).map(shapeText).join(", ");
  const samples = size === undefined ? "samples" : `${size.toLocaleString("en")} sample${size === 1 ? "" : "s"}`;
  return [
    `${samples}${shapes === "" ? "" : ` of ${shapes}`}`,
    ...(columns ? [`${columns.length} column${columns.length === 1 ? "" : "s"}`] : []),
  ].join("; ");
}

const unread = "it cannot be read from here";

export function modelText(model: ModelDescription | undefined): readonly string[] {
  if (model === undefined) return [unread];
  const shown = model.layers.slice(0, MOST_LAYERS).map((layer) => `- \`${layer.name}\`: ${layerSummary(layer)}`);
  const more = model.layers.length - shown.length;
  return [modelLine(model), [...shown, ...(more > 0 ? [`- ... ${more} more`] : [])].join("\n")];
}

export function dataText(data: DataDescription | undefined): readonly string[] {
  if (data === undefined) return [unread];
  const columns = data.columns ?? [];
  const names = columns
    .slice(0, MOST_LAYERS)
    .map((name) => `\`${name}\``)
    .join(", ");
  const more = columns.length > MOST_LAYERS ? `, ... ${columns.length - MOST_LAYERS} more` : "";
  return [dataLine(data), ...(columns.length > 0 ? [`columns: ${names}${more}`] : [])];
}
