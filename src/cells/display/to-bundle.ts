import { types } from "node:util";
import type { MimeBundle } from "../outputs.js";
import { inspected, thrownText } from "./inspect.js";
import type { Kind } from "./kind.js";
import { element } from "./kinds/element.js";
import { frame } from "./kinds/frame.js";
import { source } from "./kinds/function.js";
import { picture } from "./kinds/image-bytes.js";
import { jupyterDisplay } from "./kinds/jupyter-display.js";
import { model } from "./kinds/model.js";
import { plotlyFigure } from "./kinds/plotly.js";
import { programError } from "./kinds/program-error.js";
import { records } from "./kinds/records.js";
import { tensor } from "./kinds/tensor.js";
import { limited } from "./limits.js";

/** The first that matches decides. An object that says how it is shown comes before all that we know of it. */
export const kinds: readonly Kind[] = [
  jupyterDisplay,
  tensor,
  model,
  frame,
  plotlyFigure,
  picture,
  programError,
  element,
  records,
  source,
];

/**
 * A value in all the forms that a frontend may choose from; `text/plain` is always one of them. Never rejects: where the
 * value's own code throws, its text says so.
 */
export async function toBundle(value: unknown): Promise<MimeBundle> {
  return bundleOf(value);
}

/** The same, at once for all values but those whose forms take time, so that what is shown keeps its order. */
export function bundleOf(value: unknown): MimeBundle | Promise<MimeBundle> {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return textOf(value);
  try {
    const kind = candidates(value).find((each) => each.matches(value));
    const bundle = kind?.bundle(value);
    if (!(bundle instanceof Promise)) return completed(bundle, value);
    return bundle.then(
      (forms) => completed(forms, value),
      (error: unknown) => withRemark(value, error),
    );
  } catch (error) {
    return withRemark(value, error);
  }
}

/** A proxy answers to every name, so only what it says of itself counts. */
function candidates(value: object): readonly Kind[] {
  return types.isProxy(value) ? [jupyterDisplay] : kinds;
}

function completed(bundle: MimeBundle | undefined, value: unknown): MimeBundle {
  if (bundle === undefined) return textOf(value);
  if (typeof bundle.data["text/plain"] === "string") return limited(bundle);
  return limited({ ...bundle, data: { ...bundle.data, "text/plain": inspected(value) } });
}

function textOf(value: unknown): MimeBundle {
  return { data: { "text/plain": inspected(value) } };
}

function withRemark(value: unknown, error: unknown): MimeBundle {
  return { data: { "text/plain": `${inspected(value)}\n[shown as text: ${thrownText(error)}]` } };
}
