/** A request that cannot be served as it is. Its sender gets this as an error reply. */
export class RequestError extends Error {
  override readonly name = "RequestError";
}

/** Content of a request, as it came. */
export type Content = Readonly<Record<string, unknown>>;

/** @throws {RequestError} when the field is missing or not text */
export function text(content: Content, field: string): string {
  const value = content[field];
  if (typeof value !== "string")
    throw new RequestError(`"${field}" is ${value === undefined ? "missing" : "not text"}`);
  return value;
}

/** `otherwise` unless the field is true or false. */
export function flag(content: Content, field: string, otherwise: boolean): boolean {
  const value = content[field];
  return typeof value === "boolean" ? value : otherwise;
}

/** The field when it is a whole number. */
export function whole(content: Content, field: string): number | undefined {
  const value = content[field];
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** An error as the protocol has it, without a traceback. */
export function errorContent(error: unknown): { status: "error"; ename: string; evalue: string; traceback: string[] } {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { status: "error", ename: name, evalue: message, traceback: [`${name}: ${message}`] };
}
