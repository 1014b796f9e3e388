import { Injectable } from '@nestjs/common';
import { ExchangeRates } from '../commissions/index.js';
import type { Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { PayoutDestinations } from '../payees/index.js';
import { DestinationOf, type PayoutDestination } from './rails/bank-files/index.js';

/** Who last changed the bank details of partners: whoever did so approves no batch that pays them. */
export abstract class BankDetailEditors {
  /** By partner; one whose details nobody has changed is absent. */
  abstract lastEditorOf(tx: Transaction, partnerIds: readonly string[]): Promise<Map<string, string>>;
}

/** Compares the amount of a batch with the limits of a program, which are in the program's currency. */
export abstract class BatchRates {
  /** Minor units of `from` as minor units of `to`; undefined where there is no rate for the day of `at`. */
  abstract convert(
    tx: Transaction,
    programId: string,
    amount: { amountMinor: bigint; from: string; to: string; at: Date },
  ): Promise<bigint | undefined>;
}

/** By the program's own exchange rates: a batch without one takes the strictest rule. */
@Injectable()
export class ProgramBatchRates extends BatchRates {
  constructor(private readonly rates: ExchangeRates) {
    super();
  }

  async convert(
    tx: Transaction,
    programId: string,
    { amountMinor, from, to, at }: { amountMinor: bigint; from: string; to: string; at: Date },
  ): Promise<bigint | undefined> {
    if (from === to) return amountMinor;
    return (await this.rates.tableOf(tx, programId)).convert(amountMinor, from, to, at.getTime());
  }
}

/** The accounts that partners have entered, for rails that write them into files. */
@Injectable()
export class PayeeDestinations extends DestinationOf {
  constructor(private readonly destinations: PayoutDestinations) {
    super();
  }

  async of(partnerId: string): Promise<PayoutDestination | undefined> {
    try {
      return await this.destinations.of(partnerId);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'not-found') return undefined;
      throw error;
    }
  }
}
