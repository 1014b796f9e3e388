import { rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { disputeSettings, holdSettings, type DisputeSettings, type HoldSettings } from './domain/hold-settings.js';

export interface MoneySettings {
  currency: string;
  holds: HoldSettings;
  disputes: DisputeSettings;
}

interface SettingsRow {
  currency: string;
  holds: unknown;
  disputes: unknown;
}

/** What a program's current version says of holds and disputes. @throws DomainError `not-found` */
export async function readMoneySettings(tx: Transaction, programId: string): Promise<MoneySettings> {
  const row = await rowOf<SettingsRow>(
    tx,
    `select v.document->>'currency' as currency, v.document->'holds' as holds, v.document->'disputes' as disputes
     from programs p join program_versions v on v.program_id = p.id and v.version = p.current_version where p.id = $1`,
    [programId],
  );
  if (!row) throw new DomainError('not-found', `no program ${programId}`);
  return {
    currency: row.currency,
    holds: holdSettings.parse(row.holds ?? {}),
    disputes: disputeSettings.parse(row.disputes ?? {}),
  };
}
