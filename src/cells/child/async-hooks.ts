import { createHook } from "node:async_hooks";

/** Part of Node's own binding; absent where a later Node has taken it away. @see Node 20, lib/internal/async_hooks.js */
interface AsyncWrap {
  readonly async_hook_fields: Uint32Array;
  readonly constants: { readonly kCheck: number };
}

/**
 * Stop may unwind a timer, whose id then stays on Node's stack of async ids. With hooks enabled, as AsyncLocalStorage does it, Node
 * checks that stack and aborts the whole process; the check is switched off, and `clearAsyncStack` mends the stack. What follows an
 * `await` and is unwound with hooks enabled still ends the process: that check, in InternalCallbackScope::Close, has no switch.
 */
export function tolerateUnwoundTimers(): void {
  const wrap = asyncWrap();
  if (wrap === undefined) return;
  const hooks = Object.getPrototypeOf(createHook({})) as Record<"enable" | "disable", () => unknown>;
  for (const method of ["enable", "disable"] as const) {
    const original = hooks[method];
    hooks[method] = function () {
      const hook = Reflect.apply(original, this, []);
      wrap.async_hook_fields[wrap.constants.kCheck] = 0;
      return hook;
    };
  }
}

function asyncWrap(): AsyncWrap | undefined {
  const node = process as unknown as { binding(name: string): AsyncWrap; noDeprecation?: boolean };
  const silent = node.noDeprecation ?? false;
  // The warning is for authors of packages; it would stand in every notebook.
  node.noDeprecation = true;
  try {
    return node.binding("async_wrap");
  } catch {
    return undefined;
  } finally {
    node.noDeprecation = silent;
  }
}
