import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import { lockAndRead } from '../ledger/index.js';
import type { StoredConversion, StoredEvent } from '../tracking/index.js';
import { CustomerHistories, type HistoriesAhead } from './customer-histories.js';
import { PartnerFactsReader, type PartnerFacts } from './partner-facts.js';

/** The facts of partners whose money is locked, and what was asked of their customers under the locks. */
export interface LockedFacts {
  readonly factsOf: ReadonlyMap<string, PartnerFacts>;
  readonly ahead: HistoriesAhead | undefined;
}

/** Locks partners' money and reads what pricing takes of them, in one trip to the database. */
@Injectable()
export class LockedFactsReader {
  constructor(
    private readonly facts: PartnerFactsReader,
    private readonly histories: CustomerHistories,
  ) {}

  /**
   * Of the partners of events that may be new, with the histories of their customers. Undefined where some name no partner, or
   * are refunds or voids: then others may be concerned whom only the stored events tell, and all must be locked at once.
   */
  async ahead(
    tx: Transaction,
    programId: string,
    candidates: readonly StoredEvent[],
  ): Promise<LockedFacts | undefined> {
    const conversions = candidates.filter((each) => each.partnerId !== undefined);
    if (conversions.length === 0 || conversions.length < candidates.length) return undefined;
    const partnerIds = [...new Set(conversions.map(({ partnerId }) => partnerId))];
    return this.read(tx, programId, { partnerIds, conversions });
  }

  /** Of these partners; those who are only `lockedToo` are not read. */
  async read(
    tx: Transaction,
    programId: string,
    asked: {
      partnerIds: readonly string[];
      lockedToo?: readonly string[];
      /** Whose customers' histories are asked for. */
      conversions?: readonly StoredConversion[];
    },
  ): Promise<LockedFacts> {
    const { partnerIds, lockedToo = [], conversions = [] } = asked;
    const locked = await lockAndRead(tx, programId, [...partnerIds, ...lockedToo], async () => {
      const reading = this.facts.read(tx, programId, partnerIds);
      const ahead = this.histories.askAhead(tx, programId, conversions);
      return { factsOf: await reading, ahead };
    });
    this.histories.remember(locked.factsOf);
    return locked;
  }
}
