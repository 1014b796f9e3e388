import { RepeatedWork } from '../platform/index.js';
import type { JournalChain } from './journal-chain.js';

export interface ChainRunnerOptions {
  chain: Pick<JournalChain, 'extendAll'>;
  /** Told of a run that failed; the next one tries again. */
  onFailure: (error: unknown) => void;
  intervalMs?: number;
}

/** Little at a time: what has gathered for five seconds kept a core busy long enough for reports of events to wait for it. */
const defaultIntervalMs = 1_000;

/** Chains the journal again and again until it is stopped. Any number of these may run: one at a time has a program. */
export class ChainRunner extends RepeatedWork {
  constructor({ chain, onFailure, intervalMs = defaultIntervalMs }: ChainRunnerOptions) {
    super({ work: () => chain.extendAll(), onFailure, intervalMs });
  }
}
