import type { SealReport } from './seal.js';

/** What a contract's own check found, as far as its evidence is compared with it. */
export interface ContractFindings {
  seals: readonly SealReport[];
  /** The hash at the foot of every page, and that of the attached terms; absent where they could not be read. */
  termsHash: { printed?: string; attached?: string };
  /** SHA-256 of the document as agreed (d0), with the first seal (d1), the second (d2), and with what follows (d3). */
  documents: { d0?: string; d1?: string; d2?: string; d3?: string };
}
