/** A plotly figure of the user's. */
export function plotlyBundle(value: object): { readonly data: Readonly<Record<string, unknown>> } {
  const { data, layout } = value as { readonly data: unknown; readonly layout: unknown };
  return { data: { "application/vnd.plotly.v1+json": JSON.parse(JSON.stringify({ data, layout })) as unknown } };
}
