/**
 * A plotly figure as plain JSON: the part of plotly's schema that our plots use, so that whatever draws one (plotly in a
 * page, `svg/` without a browser) can be checked to know all of it. It says nothing of background or text colour: a
 * page or notebook gives both its own theme. Texts are escaped for plotly, which reads a small HTML in them.
 * @see https://plotly.com/javascript/reference/
 */
export interface Figure {
  readonly data: readonly Trace[];
  readonly layout: Layout;
}

export type Trace = Scatter | Bars;

/** Points and lines. */
export interface Scatter {
  readonly type: "scatter";
  readonly mode: "markers" | "lines" | "lines+markers";
  readonly name: string;
  /** Names of categories where the axis is one of categories. A null leaves a gap. */
  readonly x: readonly (number | string | null)[];
  readonly y: readonly (number | null)[];
  readonly marker?: Marker;
  readonly line?: Line;
  readonly error_x?: ErrorBars;
  readonly error_y?: ErrorBars;
  readonly connectgaps?: false;
  readonly legendgroup?: string;
  /** True unless given. */
  readonly showlegend?: boolean;
  /** For hover alone: what `%{text}` of the template says of each point. */
  readonly text?: readonly string[];
  readonly hovertemplate?: string;
  readonly hoverinfo?: "skip";
}

/**
 * Bars whose places are all said: each stands at its middle on one axis, `width` of that axis's units wide, and reaches
 * on the other from `base` as far as its length. Stacks and groups are laid out before, so that nothing is left to a
 * renderer; layouts with bars say `barmode: "overlay"`.
 */
export interface Bars {
  readonly type: "bar";
  readonly mode?: undefined;
  /** "v": x are the middles and y the lengths; "h": the reverse. */
  readonly orientation: "v" | "h";
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly base: readonly number[];
  /** Of all bars, or of each. */
  readonly width: number | readonly number[];
  readonly marker: { readonly color: Colour };
  readonly legendgroup?: string;
  readonly showlegend?: boolean;
  readonly text?: readonly string[];
  /** Never drawn on the bars. */
  readonly textposition: "none";
  readonly hovertemplate?: string;
  readonly hoverinfo?: "skip";
}

/** `#rrggbb`, or `#rrggbbaa` where it lets the ground through. */
export type Colour = `#${string}`;

export const symbols = ["circle", "square", "diamond", "triangle-up", "x"] as const;
export type MarkerSymbol = (typeof symbols)[number] | "cross";

export const dashes = ["solid", "dash", "dot", "dashdot"] as const;
export type Dash = (typeof dashes)[number];

export interface Marker {
  readonly color: Colour;
  readonly symbol: MarkerSymbol;
  /** Pixels across. */
  readonly size: number;
  readonly line?: { readonly color: Colour; readonly width: number };
}

export interface Line {
  readonly color: Colour;
  readonly width: number;
  readonly dash: Dash;
}

/** Lengths from the value to the ends of its interval, in the axis's unit. */
export interface ErrorBars {
  readonly type: "data";
  readonly symmetric: false;
  readonly array: readonly number[];
  readonly arrayminus: readonly number[];
  readonly color: Colour;
  readonly thickness: number;
  /** Of the caps at both ends, pixels. */
  readonly width: number;
}

export interface Layout {
  readonly hovermode: "closest";
  readonly legend: Readonly<Record<string, unknown>>;
  readonly margin: { readonly l: number; readonly r: number; readonly t: number; readonly b: number };
  readonly showlegend?: boolean;
  /** Where there are bars. */
  readonly barmode?: "overlay";
  readonly xaxis: Axis;
  readonly yaxis: Axis;
  readonly annotations?: readonly Annotation[];
  readonly shapes?: readonly Band[];
}

export interface Axis {
  readonly title?: { readonly text: string; readonly standoff: number };
  readonly automargin: true;
  /** Linear unless given. Powers of ten are a linear axis of logarithms with ticks of its own (`figures/axes.ts`). */
  readonly type?: "category";
  /** From its start to its end; falling where the axis is reversed. */
  readonly range?: readonly [number, number];
  /** In d3's language: https://d3js.org/d3-format */
  readonly tickformat?: string;
  readonly ticksuffix?: string;
  readonly showgrid?: false;
  /** No line at 0, where 0 is only a place. */
  readonly zeroline?: false;
  readonly tickmode?: "array";
  /** With `ticktext`: which categories or numbers have a tick, and what it says. */
  readonly tickvals?: readonly (string | number)[];
  readonly ticktext?: readonly string[];
  /** Degrees; -45 rises from left to right. */
  readonly tickangle?: 0 | -45 | -90;
  readonly tickfont?: { readonly size: number };
}

/** A label that belongs to a point, `ax` and `ay` pixels from it (down is positive), with a thin line to it. */
export interface Annotation {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly ax: number;
  readonly ay: number;
  readonly xanchor: "left" | "center" | "right";
  readonly yanchor: "middle";
  readonly showarrow: true;
  readonly arrowhead: 0;
  readonly arrowwidth: number;
  readonly arrowcolor: Colour;
  /** Pixels that the line stays away from the point. */
  readonly standoff: number;
  readonly font: { readonly size: number };
}

/** A band or an area of the plot: each axis in data, or from edge to edge ("paper", 0 to 1). */
export interface Band {
  readonly type: "rect";
  /** Below or above the grid; points and lines lie above both. */
  readonly layer: "below" | "above";
  readonly xref: "x" | "paper";
  readonly yref: "y" | "paper";
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly fillcolor: Colour;
  readonly line: { readonly width: 0 };
}

/** What the layouts of all our plots have. */
export const sharedLayout = {
  hovermode: "closest",
  showlegend: true,
  // At the bottom of the whole figure: plotly then makes room for it below slanted tick labels.
  legend: { orientation: "h", x: 0, y: 0, yref: "container", yanchor: "bottom" },
  margin: { l: 60, r: 20, t: 16, b: 60 },
} as const;
