/** Thrown, or given as the reason of a signal, where the user pressed Stop. */
export class KeyboardInterrupt extends Error {
  override readonly name = "KeyboardInterrupt";
  constructor(message = "the cell was interrupted") {
    super(message);
  }
}
