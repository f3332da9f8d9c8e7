import { isMethod, type Kind, shapeOf } from "../kind.js";

/** Elements of a DOM in Node (an SVG of Observable Plot, HTML of jsdom) and charts of Vega-Lite's JavaScript API. */
export const element: Kind = {
  name: "element",
  matches(value) {
    const { outerHTML, nodeType, toSpec } = shapeOf(value);
    return (typeof outerHTML === "string" && nodeType === 1) || isMethod(toSpec);
  },
  bundle(value) {
    const { outerHTML, toSpec } = shapeOf(value);
    if (typeof outerHTML === "string") {
      const isSvg = /^<svg[\s>]/i.test(outerHTML);
      return { data: { [isSvg ? "image/svg+xml" : "text/html"]: isSvg ? withNamespace(outerHTML) : outerHTML } };
    }
    if (!isMethod(toSpec)) return undefined;
    const spec = toSpec.call(value);
    return typeof spec === "object" ? { data: { "application/vnd.vegalite.v5+json": spec } } : undefined;
  },
};

/** An SVG that is shown as a file of its own needs its namespace said. */
function withNamespace(svg: string): string {
  return /\sxmlns=/.test(svg) ? svg : svg.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
}
