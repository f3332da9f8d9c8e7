/** Handles of what is on display: as the value of a cell they would show it a second time. */
const handles = new WeakSet<object>();

export function markShown<Handle extends object>(handle: Handle): Handle {
  handles.add(handle);
  return handle;
}

/** True for what `display(...)` gave back. */
export function isShown(value: unknown): boolean {
  return typeof value === "object" && value !== null && handles.has(value);
}
