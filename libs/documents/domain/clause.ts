import { bonusesSection, commissionsSection } from '../../agreements/domain/index.js';

/** One numbered clause of a contract. */
export interface Clause {
  /** `2` for a section, `2.1` for a clause in it. Numbers are fixed per section and never close a gap. */
  number: string;
  heading: string;
  /**
   * Plain sentences; a line break starts a paragraph, or a list item of its own where the line begins with `listMark`.
   * May be empty for a section. What is read in another direction stands between the isolates U+2068 and U+2069.
   */
  text: string;
}

/** Begins each item of a list in a clause's text. */
export const listMark = '• ';

/** A clause whose number inside its section is its place in the list. */
export type UnnumberedClause = Omit<Clause, 'number'>;

/** When a contract begins. */
export type Effective = { kind: 'on-countersignature' } | { kind: 'on'; at: Date };

/** Which version of an agreement in force a contract takes the place of, and from when: null from its countersignature on. */
export interface Amends {
  version: number;
  /** Of the version that is replaced. */
  termsHash: string;
  effectiveFrom: Date | null;
}

/** What a contract states that its terms document does not hold. */
export interface ContractFacts {
  programName: string;
  /** The company that runs the program. */
  company: string;
  partner: { name: string; company?: string };
  effective: Effective;
  /** Of a contract that changes an agreement in force; `effective` is not looked at then. */
  amends?: Amends;
  /** SHA-256 of the canonical terms document, in lower-case hexadecimal. */
  termsHash: string;
}

/** The sections of a contract. A section that the terms lack is left out; the others keep their number. */
export const contractSections = {
  parties: 1,
  commissions: commissionsSection,
  bonuses: bonusesSection,
  tiers: 4,
  sales: 5,
  payment: 6,
  term: 7,
  obligations: 8,
  support: 9,
  legal: 10,
  programClauses: 11,
  termsDocument: 12,
} as const;
