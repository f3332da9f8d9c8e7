/**
 * What a node needs to know before anything runs (a shape, an axis, the condition of a branch) depends on the values of
 * the inputs, or on an open batch. The graph is cut in front of the node. Where the reason names the batch, lowering is
 * tried again with a batch of one size.
 */
export class NotStatic extends Error {
  /** @param reason completes "it is run by TF.js alone: ..." */
  constructor(readonly reason: string) {
    super(reason);
    this.name = "NotStatic";
  }
}
