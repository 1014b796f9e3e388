import type { CreditState } from '../domain/index.js';

/** A credit as it is stored. The code itself is sealed, and found by its hash. */
export interface CreditRow {
  id: string;
  program_id: string;
  partner_id: string;
  account_id: string;
  idempotency_key: string;
  parameter_hash: string;
  /** Null, like the batch, where it is what the partner earned as credit. */
  item_id: string | null;
  attempt: number;
  batch_id: string | null;
  amount_minor: string;
  currency: string;
  code_sealed: Buffer;
  code_key_id: string;
  /** The last four characters of the code, by which its owner tells it from others. */
  code_ending: string;
  state: CreditState;
  state_since: Date;
  redemption_reference: string | null;
  created_at: Date;
}

/** What a sealed code is bound to, so that it can be moved to no other credit. */
export function sealContext(creditId: string): string {
  return `store_credits/${creditId}`;
}
