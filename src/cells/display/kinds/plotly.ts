import { plotlyBundle } from "../../../report/plotly-bundle.js";
import { isPlainObject, type Kind, shapeOf } from "../kind.js";

/** plotly figures: `{ data: [traces], layout }`. */
export const plotlyFigure: Kind = {
  name: "plotly figure",
  matches(value) {
    const { data, layout } = shapeOf(value);
    return Array.isArray(data) && data.length > 0 && isPlainObject(layout) && data.every(isTrace);
  },
  bundle: (value) => plotlyBundle(value),
};

function isTrace(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  return typeof value.type === "string" || ["x", "y", "z", "values"].some((key) => isListLike(value[key]));
}

function isListLike(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
