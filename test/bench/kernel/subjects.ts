import { join } from "node:path";
import { ownPackage } from "../../../src/base/package.js";
import { venvPython } from "../../../src/setup/python.mjs";
import { type KernelClient, type KernelSpec, startKernel } from "../../jupyter/kernel-client.js";
import { installNibbleKernels } from "../../jupyter/kernelspecs.js";
import { type Dialect, dialects } from "./dialect.js";
import { denoProgram, othersFolder } from "./others.js";

/** A kernel under measurement. */
export interface Subject {
  readonly name: string;
  /** Promises are kept by ours; the others are there to compare. */
  readonly ours: boolean;
  readonly dialect: Dialect;
  readonly spec: KernelSpec;
}

/** All kernels, each started by the command of its own kernelspec. */
export function allSubjects(): readonly Subject[] {
  const { specs } = installNibbleKernels();
  const python = venvPython(join(ownPackage().folder, ".nibble"));
  return [
    { name: "Nibble, TypeScript-first", ours: true, dialect: dialects.nibbleTypeScript, spec: specs["nibble-ts"] },
    { name: "Nibble, Nibble-first", ours: true, dialect: dialects.nibbleFirst, spec: specs.nibble },
    {
      name: "ipykernel",
      ours: false,
      dialect: dialects.python,
      spec: {
        argv: [python, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        interruptMode: "signal",
      },
    },
    {
      name: "tslab",
      ours: false,
      dialect: dialects.typescript,
      spec: {
        argv: [
          process.execPath,
          join(othersFolder, "node_modules", "tslab", "bin", "tslab"),
          "kernel",
          "--config-path={connection_file}",
        ],
        interruptMode: "signal",
      },
    },
    {
      name: "Deno",
      ours: false,
      dialect: dialects.deno,
      spec: {
        argv: [denoProgram(), "jupyter", "--kernel", "--conn", "{connection_file}"],
        // Deno's own kernelspec names no mode, which means SIGINT; the message, which it answers, serves it better.
        interruptMode: "message",
      },
    },
  ];
}

/** A started kernel and what is known of it. */
export interface Running {
  readonly subject: Subject;
  readonly kernel: KernelClient;
}

/** Starts a kernel in the folder where all of them find TF.js. */
export async function start(subject: Subject): Promise<Running> {
  return { subject, kernel: await startKernel(subject.spec, othersFolder) };
}
