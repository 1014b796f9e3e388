/** Where a partner's money goes. It is known inside the process alone: never in a payload, a log or an audit fact. */
export type PayoutDestination =
  | { kind: 'iban'; holder: string; iban: string; bic?: string; country: string }
  | {
      kind: 'us_bank';
      holder: string;
      routingNumber: string;
      accountNumber: string;
      accountType: 'checking' | 'savings';
      /** A person where it is left out. */
      holderType?: 'person' | 'company';
    }
  | { kind: 'handle'; provider: string; handle: string }
  | { kind: 'connected_account'; rail: string; accountReference: string };

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
