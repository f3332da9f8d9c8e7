import type { Reports } from "./reports.js";

/** The `input` of cells. */
export type Input = (prompt?: string, options?: { readonly password?: boolean }) => Promise<string>;

/** Questions to the user that wait for an answer. */
export interface Questions {
  /** `input` for one cell; `allowed` says whether anybody can answer. */
  input(signal: AbortSignal, allowed: boolean): Input;
  answer(id: number, text: string): void;
  refuse(id: number, reason: string): void;
}

interface Waiting {
  resolve(text: string): void;
  reject(reason: unknown): void;
}

const NativePromise = Promise;

export function createQuestions(reports: Reports): Questions {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  const take = (id: number) => {
    const found = waiting.get(id);
    waiting.delete(id);
    return found;
  };
  return {
    input: (signal, allowed) => (prompt, options) =>
      new NativePromise((resolve, reject) => {
        if (signal.aborted) throw signal.reason;
        if (!allowed) throw new Error("input() is not possible here: nobody can answer while this cell runs");
        last++;
        const id = last;
        waiting.set(id, { resolve, reject });
        signal.addEventListener("abort", () => take(id)?.reject(signal.reason), { once: true });
        reports.send({ type: "input", id, prompt: `${prompt ?? ""}`, password: options?.password === true });
      }),
    answer: (id, text) => take(id)?.resolve(text),
    refuse: (id, reason) => take(id)?.reject(new Error(reason)),
  };
}
