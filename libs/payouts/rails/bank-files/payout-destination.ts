import type { PayoutDestination } from '../../../payees/domain/index.js';

export type { PayoutDestination };

/** What a bank file needs to know of a partner, from whoever keeps its details. */
export abstract class DestinationOf {
  /** The partner's present destination; undefined where it has given none. */
  abstract of(partnerId: string): Promise<PayoutDestination | undefined>;
}

/** An account as people may see it: its country or bank, and the last four characters. */
export function maskedAccount(destination: PayoutDestination): string {
  switch (destination.kind) {
    case 'iban':
      return `${destination.iban.slice(0, 2)}…${destination.iban.slice(-4)}`;
    case 'us_bank':
      return `…${destination.accountNumber.slice(-Math.min(4, Math.floor(destination.accountNumber.length / 2)))}`;
    default:
      return destination.kind;
  }
}
