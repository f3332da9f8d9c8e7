/** Here and not from `tfjs.ts`, which loads this file. */
type TfModule = typeof import("@tensorflow/tfjs");

/** Makes classes known to a copy of TF.js (`tf.serialization.registerClass`), so that it can load models that have them. */
export type TfjsExtension = (tf: TfModule) => void;

const extensions: TfjsExtension[] = [];
const copies = new Set<TfModule>();

/** Extends every copy of TF.js that this process has loaded, and those that it loads later. */
export function extendTfjs(extension: TfjsExtension): void {
  extensions.push(extension);
  for (const tf of copies) extension(tf);
}

/** Gives a copy that was just loaded all extensions so far. */
export function extended(tf: TfModule): TfModule {
  copies.add(tf);
  for (const extension of extensions) extension(tf);
  return tf;
}
