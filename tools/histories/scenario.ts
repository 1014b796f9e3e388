import type { Director } from './director.js';

/**
 * Keeps the history of a workflow that has ended or is about to, under a branch's name; of one that goes on in further runs,
 * that of each run under a name of its own, in their order.
 */
export type Keep = (branches: string | readonly string[], workflowId: string) => Promise<void>;

/** Ends a workflow, and starts it anew from its row with another input. */
export type BeginAnew = (
  workflow: { readonly type: string; readonly taskQueue: string },
  workflowId: string,
  input: object,
) => Promise<void>;

/** One way through the product, and the branches of workflows whose histories it gives. */
export interface Scenario {
  title: string;
  /** `<stem of the process>/<branch>`. */
  branches: string[];
  play: (director: Director, keep: Keep, beginAnew: BeginAnew) => Promise<void>;
}
