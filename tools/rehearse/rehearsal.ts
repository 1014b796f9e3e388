import type { MailBox, PactlineApi } from '../client/index.js';
import type { Findings } from './findings.js';
import type { Progress } from './progress.js';

/** What every phase of a rehearsal works with. */
export interface Rehearsal {
  readonly api: PactlineApi;
  readonly mails: MailBox;
  /** Where the sandbox rail listens. */
  readonly sandboxUrl: string;
  readonly programId: string;
  /** Whether an earlier run did a part of it. */
  readonly isResumed: boolean;
  readonly findings: Findings;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** How long a workflow may take to follow an act, in milliseconds: a busy machine, or one that restarts a process. */
export const patienceMs = 300_000;
