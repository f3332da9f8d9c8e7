import ts from "typescript";

/** Symbol of the function, global in the execution child, that makes a promise end when the user presses Stop. */
const KEY = "nibble.stoppable";
const AWAIT = "__nibble_await__";
const EACH = "__nibble_each__";

/**
 * `await x` becomes `await f(x)`, where `f` gives a promise that rejects when the user presses Stop: an asynchronous loop ends
 * there, its `finally` blocks run, and nothing of the cell goes on behind the next one. `for await` likewise.
 */
export function stoppableAwaits(): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;
    const called = (name: string, expression: ts.Expression) =>
      factory.createCallExpression(factory.createIdentifier(name), undefined, [expression]);
    const visit = (node: ts.Node): ts.Node => {
      const inner = ts.visitEachChild(node, visit, context);
      if (ts.isAwaitExpression(inner)) return factory.updateAwaitExpression(inner, called(AWAIT, inner.expression));
      if (ts.isForOfStatement(inner) && inner.awaitModifier)
        return factory.updateForOfStatement(
          inner,
          inner.awaitModifier,
          inner.initializer,
          called(EACH, inner.expression),
          inner.statement,
        );
      return inner;
    };
    return ts.visitEachChild(file, visit, context);
  };
}

/** Declares what the awaits call, hoisted, at the end of the emitted text: no line or column of the cell moves. */
export function withStoppable(js: string): string {
  const stop = `globalThis[Symbol.for(${JSON.stringify(KEY)})]`;
  const declared = [
    js.includes(`${AWAIT}(`) ? `function ${AWAIT}(x) { return ${stop} ? ${stop}(x) : x; }\n` : "",
    js.includes(`${EACH}(`) ? `function ${EACH}(x) { return ${stop} ? ${stop}.each(x) : x; }\n` : "",
  ].join("");
  return declared === "" || js.endsWith("\n") ? js + declared : `${js}\n${declared}`;
}
