import type { ProgramDocument } from '../../libs/programs/domain/index.js';
import type { Terms } from '../../libs/agreements/domain/index.js';
import type { MoneyJson } from '../../libs/kernel/money.js';

/** The API's answers, as far as the project's own commands read them. */

export interface ProgramView {
  id: string;
  version: number;
  document: ProgramDocument;
}

export interface SubmittedApplication {
  id: string;
  stage: string;
  /** Holds the applicant's token: a right in itself. */
  statusUrl: string;
}

export interface ApplicationView {
  id: string;
  stage: string;
  partnerId: string | null;
  negotiationId: string | null;
  envelopeId: string | null;
  reason: string | null;
  erasedAt: string | null;
}

export interface ApplicationState {
  stage: string;
  partnerId?: string;
  negotiationId?: string;
}

export interface NegotiationView {
  id: string;
  state: string;
  number: number;
  termsHash: string;
  versions: { number: number; side: string; termsHash: string; terms: Terms }[];
}

export interface NegotiationStatus {
  state: string;
  number: number;
  termsHash: string;
  /** Instant: when the round on the table expires unless it is answered. */
  dueAt?: string;
  /** A move of the company that waits for the approval of these roles; the company alone sees it. */
  pendingApproval?: { approvalId: string; roles: string[] };
}

export interface SigningPage {
  envelopeId: string;
  recipientId: string;
  state: string;
  documentHash: string;
  termsHash: string;
  consent: { version: string; text: string };
  expiresAt: string;
}

export interface EnvelopeStatus {
  envelopeId: string;
  state: string;
  documentHash: string;
}

export interface EnvelopeView {
  id: string;
  state: string;
  documentHash: string;
  /** What the next signer is shown; once executed, the signed contract. */
  newestDocumentHash: string;
}

export interface PartnerView {
  id: string;
  reference: string;
  stage: string;
  tier?: string | null;
}

export interface TierReviewView {
  boundary: string;
  /** The tier from the boundary on. */
  tier: string;
}

export interface CommissionLineView {
  eventId: string;
  amount: MoneyJson;
}

/** What became of one reported event. */
export interface EventResult {
  id?: string;
  status: 'priced' | 'unpriced' | 'waiting' | 'held' | 'duplicate' | 'refused';
  reason?: string;
  problem?: { code: string; message: string; errors: { pointer: string; message: string }[] };
}

/** Why an event was paid as it was, or not. */
export interface EventExplanation {
  /** One sentence for people. */
  summary: string;
  trace?: {
    /** `line`, or why there is none. */
    outcome: string;
    rules: { rule: string; clause: string; failed?: { condition: string; expected: unknown; seen: unknown } }[];
    calculation?: { rule: string; clause: string; exactMinor: string; roundedMinor: number; amountMinor: number };
  };
  reversals: { outcome?: string }[];
  lines: { rule: string; clause: string; termsHash: string; amount: MoneyJson }[];
}

export interface CollectionResult {
  /** Null where nobody is paid. */
  batchId: string | null;
  items: number;
  total: MoneyJson;
  carried: MoneyJson;
}

export interface VestingResult {
  lines: number;
  vested: MoneyJson;
}

export interface BatchView {
  id: string;
  state: string;
  cutOff: string;
  total: MoneyJson;
  itemCount: number;
  carried: MoneyJson;
  contentHash: string | null;
}

/** A batch with its items counted by state. */
export interface BatchDetail extends BatchView {
  itemStates: { state: string; items: number; total: MoneyJson }[];
}

/** What an act on a batch answers. */
export interface BatchStatus {
  batchId: string;
  state: string;
  contentHash?: string;
}

export interface PayoutItemView {
  id: string;
  partnerId: string;
  state: string;
  amount: MoneyJson;
}

/** One page of a list. */
export interface PageOf<Item> {
  items: Item[];
  next?: string | null;
}

export interface LedgerAccountView {
  code: string;
  ownerId: string;
  side: string;
  /** Positive where the account stands on its own side. */
  balance: MoneyJson;
}

export interface TrialBalanceView {
  currency: string;
  transactions: number;
  balanced: boolean;
}

/** The sandbox rail's sums, by currency. */
export interface SandboxTotals {
  transfers: number;
  totalMinor: Record<string, number>;
  reversedMinor: Record<string, number>;
  accounts: number;
}
