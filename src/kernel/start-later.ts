import type { Interpreter } from "../cells/interpreter.js";

/** An interpreter that is loaded in the background: the kernel answers before. */
export interface LaterInterpreter extends Interpreter {
  /** Loads it now, unless something has asked for it before. */
  warm(): void;
}

/** Each call loads the interpreter first; a load that failed fails the calls that need it, and the next tries again. */
export function startLater(load: () => Promise<Interpreter>): LaterInterpreter {
  let loading: Promise<Interpreter> | undefined;
  let loaded: Interpreter | undefined;
  let listener: Parameters<Interpreter["onIdleOutput"]>[0] = () => {};
  const ready = (): Promise<Interpreter> => {
    loading ??= load().then(
      (interpreter) => {
        interpreter.onIdleOutput((output) => listener(output));
        loaded = interpreter;
        return interpreter;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  return {
    execute: async (request) => (await ready()).execute(request),
    complete: async (code, cursor) => (await ready()).complete(code, cursor),
    inspect: async (code, cursor, detail) => (await ready()).inspect(code, cursor, detail),
    isComplete: async (code) => (await ready()).isComplete(code),
    comm: async (message) => (await ready()).comm(message),
    comms: () => loaded?.comms() ?? {},
    interrupt: async () => loaded?.interrupt(),
    holdOutput: (hold) => loaded?.holdOutput(hold),
    onIdleOutput(given) {
      listener = given;
    },
    async shutdown() {
      await (await loading?.catch(() => undefined))?.shutdown();
    },
    warm() {
      void ready().catch(() => {});
    },
  };
}
