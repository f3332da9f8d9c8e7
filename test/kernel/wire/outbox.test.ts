import { expect, test } from "vitest";
import { createOutbox, FULL_BYTES } from "../../../src/kernel/wire/outbox.js";

const frames = (text: string) => [Buffer.from(text)];
const textOf = (sent: readonly Uint8Array[]) => Buffer.concat(sent).toString();

test("a refused message is tried again, and none overtakes it", async () => {
  const sent: string[] = [];
  let refusals = 3;
  const outbox = createOutbox({
    async send(message) {
      if (refusals-- > 0) return false;
      sent.push(textOf(message));
      return true;
    },
  });
  for (const text of ["a", "b", "c"]) outbox.send(frames(text));
  await outbox.empty();
  expect(sent).toEqual(["a", "b", "c"]);
});

test("a client that takes nothing for long misses messages and holds nobody up, until it takes one again", async () => {
  const all: string[] = [];
  const others: string[] = [];
  let asleep = true;
  const sending = {
    async send(message: readonly Uint8Array[]) {
      if (!asleep) all.push(textOf(message));
      return !asleep;
    },
    async sendToOthers(message: readonly Uint8Array[]) {
      others.push(textOf(message));
    },
  };
  const outbox = createOutbox(sending, undefined, 0);
  for (const text of ["a", "b"]) outbox.send(frames(text));
  await outbox.empty();
  asleep = false;
  outbox.send(frames("c"));
  await outbox.empty();
  expect({ all, others }).toEqual({ all: ["c"], others: ["a", "b"] });
});

test("whoever makes messages hears once that too much waits, and once that it has gone", async () => {
  const heard: boolean[] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const outbox = createOutbox(
    {
      async send() {
        await opened;
        return true;
      },
    },
    (full) => heard.push(full),
  );
  const part = [Buffer.alloc(FULL_BYTES / 4)];
  for (let i = 0; i < 5; i++) outbox.send(part);
  expect(heard).toEqual([true]);
  open();
  await outbox.empty();
  expect(heard).toEqual([true, false]);
});
