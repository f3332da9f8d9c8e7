import type { WordingOf } from "./wording.js";

/** Installing the kernel for Jupyter. */
export interface KernelFacts {
  readonly "kernel-name-invalid": { readonly name: string };
  /** There is a kernelspec of that name that we did not write. */
  readonly "kernelspec-foreign": { readonly name: string; readonly folder: string };
  readonly "kernelspec-not-writable": { readonly folder: string; readonly reason: string; readonly shared: boolean };
  /** `--sys-prefix` without a Python. */
  readonly "kernel-no-prefix": Readonly<Record<string, never>>;
  readonly "kernel-not-installed": { readonly names: readonly string[]; readonly folder: string };
  /** The package was started from the cache of `npx`. */
  readonly "kernel-in-npx-cache": { readonly folder: string };
}

export const kernelWording: WordingOf<KernelFacts> = {
  "kernel-name-invalid": ({ name }) => ({
    message: `"${name}" cannot be the name of a kernel`,
    hint: "letters, digits, dots, dashes and underscores of ASCII are allowed, at most 100",
  }),
  "kernelspec-foreign": ({ name, folder }) => ({
    message: `a kernel "${name}" that Nibble did not write is at ${folder}`,
    hint: "give another --name, or remove that folder yourself",
  }),
  "kernelspec-not-writable": ({ folder, reason, shared }) => ({
    message: `${folder} cannot be written: ${reason}`,
    hint: shared
      ? "install for yourself with --user, or under a folder of yours with --prefix"
      : "make the folder writable, or install elsewhere with --prefix",
  }),
  "kernel-no-prefix": () => ({
    message: "--sys-prefix: no virtual environment is active, and there is no Python on PATH",
    hint: "activate the environment that Jupyter runs from, or name it with --prefix",
  }),
  "kernel-not-installed": ({ names, folder }) => ({
    message: `no kernel ${names.map((name) => `"${name}"`).join(" or ")} of Nibble is in ${folder}`,
    hint: "`nibble kernel doctor` shows where kernels are installed",
  }),
  "kernel-in-npx-cache": ({ folder }) => ({
    message: `the kernel was installed from npx's cache (${folder}), which npm may empty`,
    hint: "`npm install nibble-quant` beside the notebooks, or `npm install -g nibble-quant`, lasts; the kernel finds either by itself",
  }),
};
