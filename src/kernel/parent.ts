/** How often the parent is looked for, in milliseconds; ipykernel's interval. */
const INTERVAL_MS = 1000;

/**
 * Calls `onGone` when the process that started the kernel is gone, so that no kernel is left behind.
 * @param parent JPY_PARENT_PID as jupyter_client sets it. Without it nobody is watched: a kernel that was started by
 * hand may outlive its shell.
 */
export function watchParent(parent: string | undefined, onGone: () => void): void {
  const pid = Number(parent);
  // On Windows the variable holds a handle, not a process id.
  if (!Number.isInteger(pid) || pid <= 1 || process.platform === "win32") return;
  const direct = process.ppid === pid;
  const gone = () => (direct ? process.ppid !== pid : !exists(pid));
  setInterval(() => gone() && onGone(), INTERVAL_MS).unref();
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
