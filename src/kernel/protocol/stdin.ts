import type { Incoming } from "../wire/frames.js";
import type { Request, Sender } from "./sender.js";

/** Questions of running cells to the person at the client. */
export interface Questions {
  /** Asks the client that sent `request`. Rejects when `close` is called first. */
  ask(request: Request, prompt: string, password: boolean): Promise<string>;
  /** An input_reply came. One that answers nothing is dropped. */
  answer(message: Incoming): void;
  /** The cell has ended: nothing that it asked is waited for. */
  close(): void;
}

interface Question {
  readonly id: string;
  readonly client: string;
  resolve(line: string): void;
  reject(error: Error): void;
}

export function createQuestions(sender: Sender): Questions {
  let open: Question[] = [];
  return {
    ask(request, prompt, password) {
      const answer = new Promise<string>((resolve, reject) => {
        const id = sender.ask(request, { prompt, password });
        open.push({ id, client: clientOf(request.message), resolve, reject });
      });
      // The cell that asked may have ended, and nobody listens then.
      answer.catch(() => {});
      return answer;
    },
    answer(message) {
      const { msg_id: parent } = message.parentHeader;
      const client = clientOf(message);
      // jupyter_client's `input` names no parent: the answer is then to the oldest question of that client.
      const question = open.find((q) => q.client === client && (typeof parent !== "string" || q.id === parent));
      if (!question) return;
      open = open.filter((other) => other !== question);
      const { value } = message.content;
      question.resolve(typeof value === "string" ? value : "");
    },
    close() {
      for (const question of open) question.reject(new Error("the cell ended before an answer came"));
      open = [];
    },
  };
}

function clientOf({ identities }: Incoming): string {
  return identities.map((identity) => Buffer.from(identity).toString("hex")).join(" ");
}
