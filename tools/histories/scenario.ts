import type { Director } from './director.js';

/** Keeps the history of a workflow that has ended or is about to, under a branch's name. */
export type Keep = (branch: string, workflowId: string) => Promise<void>;

/** One way through the product, and the branches of workflows whose histories it gives. */
export interface Scenario {
  title: string;
  /** `<stem of the process>/<branch>`. */
  branches: string[];
  play: (director: Director, keep: Keep) => Promise<void>;
}
