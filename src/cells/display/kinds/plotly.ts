import { MANY_MARKS, plotlyForms } from "../../../report/plotly-bundle.js";
import type { MimeBundle } from "../../outputs.js";
import { isPlainObject, type Kind, shapeOf } from "../kind.js";

/** plotly figures: `{ data: [traces], layout }`. */
export const plotlyFigure: Kind = {
  name: "plotly figure",
  matches(value) {
    const { data, layout } = shapeOf(value);
    return Array.isArray(data) && data.length > 0 && isPlainObject(layout) && data.every(isTrace);
  },
  bundle(value) {
    const forms = plotlyForms(value);
    const marks = forms["image/svg+xml"].split(/<(?:rect|circle|polygon|line)/).length;
    return marks > MANY_MARKS ? asPng(forms) : { data: forms };
  },
};

/** Browsers are slow with thousands of shapes; a picture of dots costs them nothing. */
async function asPng({ "image/svg+xml": svg, ...others }: ReturnType<typeof plotlyForms>): Promise<MimeBundle> {
  const { default: sharp } = await import("sharp");
  const png = await sharp(Buffer.from(svg), { density: 144, unlimited: true }).png().toBuffer();
  return { data: { ...others, "image/png": png.toString("base64") }, metadata: { "image/png": { width: 900 } } };
}

function isTrace(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  return typeof value.type === "string" || ["x", "y", "z", "values"].some((key) => isListLike(value[key]));
}

function isListLike(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
