import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { startKernel } from "./kernel-client.js";
import { installNibbleKernels } from "./kernelspecs.js";

test("what the kernel sets for itself is not in the environment of user code", async () => {
  const kernel = await startKernel(installNibbleKernels().specs["nibble-ts"], tmpdir());
  try {
    const execution = kernel.execute(
      "[process.env.MALLOC_ARENA_MAX, process.env.NIBBLE_SET_ARENAS, process.execArgv.some((flag) => flag.includes('semi'))]",
    );
    await execution.done;
    const results = execution.messages.filter(({ type }) => type === "execute_result");
    expect(results.map(({ content }) => content.data?.["text/plain"])).toEqual(["[ undefined, undefined, false ]"]);
  } finally {
    await kernel.close();
  }
});
