import type { Transaction } from '../database/index.js';

/** Who last changed the bank details of partners: whoever did so approves no batch that pays them. */
export abstract class BankDetailEditors {
  /** By partner; one whose details nobody has changed is absent. */
  abstract lastEditorOf(tx: Transaction, partnerIds: readonly string[]): Promise<Map<string, string>>;
}

/** Where partners name no bank details of their own to us, nobody has changed any. */
export class NoBankDetailEditors extends BankDetailEditors {
  lastEditorOf(): Promise<Map<string, string>> {
    return Promise.resolve(new Map<string, string>());
  }
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

/** A house without a rate table: a batch of another currency takes the strictest rule. */
export class NoBatchRates extends BatchRates {
  convert(
    _tx: Transaction,
    _programId: string,
    { amountMinor, from, to }: { amountMinor: bigint; from: string; to: string },
  ): Promise<bigint | undefined> {
    return Promise.resolve(from === to ? amountMinor : undefined);
  }
}
