import { bonusesSection, commissionsSection } from '../../agreements/domain/index.js';

/** One numbered clause of a contract. */
export interface Clause {
  /** `2` for a section, `2.1` for a clause in it. Numbers are fixed per section and never close a gap. */
  number: string;
  heading: string;
  /** Plain sentences; a line break starts a paragraph or a list item of its own. May be empty for a section. */
  text: string;
}

/** When a contract begins. */
export type Effective = { kind: 'on-countersignature' } | { kind: 'on'; at: Date };

/** What a contract states that its terms document does not hold. */
export interface ContractFacts {
  programName: string;
  /** The company that runs the program. */
  company: string;
  partner: { name: string; company?: string };
  effective: Effective;
  /** SHA-256 of the canonical terms document, in lower-case hexadecimal. */
  termsHash: string;
}

/** The sections of a contract. A section that the terms lack is left out; the others keep their number. */
export const contractSections = {
  parties: 1,
  commissions: commissionsSection,
  bonuses: bonusesSection,
  tiers: 4,
  attribution: 5,
  payment: 6,
  term: 7,
  obligations: 8,
  legal: 9,
  termsDocument: 10,
} as const;
