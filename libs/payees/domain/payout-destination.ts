import { isValidBIC, isValidIBAN, electronicFormatIBAN } from 'ibantools';
import { isCountry } from '../../kernel/country.js';
import { DomainError, type FieldError } from '../../kernel/domain-error.js';

/**
 * Where a partner's money goes, in clear: it stays inside the process and is never logged, sent in a payload or put into
 * an error.
 */
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

export type DestinationKind = PayoutDestination['kind'];

/** A destination as its partner states it: an IBAN's country is read from the IBAN. */
export type StatedDestination = Exclude<PayoutDestination, { kind: 'iban' }> | StatedIban;

interface StatedIban {
  kind: 'iban';
  holder: string;
  iban: string;
  bic?: string | undefined;
}

/** What may be shown of a destination: enough to recognise it, not enough to use it. */
export interface MaskedDestination {
  kind: DestinationKind;
  /** The last four characters of the account, of no more than half of a short one. */
  ending: string;
  /** ISO 3166-1, where the account has one. */
  country: string | null;
  /** The provider of a handle or the rail of a connected account. */
  provider: string | null;
}

/**
 * The destination in its stored form: letters in capitals, no blanks.
 * @throws DomainError `invalid-document` with a pointer per fault; a fault never repeats the value
 */
export function checkDestination(stated: StatedDestination): PayoutDestination {
  const errors = [...faultsOf(stated)];
  if (errors.length > 0) throw new DomainError('invalid-document', 'the payout details are not valid', errors);
  if (stated.kind === 'us_bank') return { ...stated, holder: stated.holder.trim() };
  if (stated.kind !== 'iban') return stated;
  const iban = electronicFormatIBAN(stated.iban) ?? '';
  const bic = stated.bic === undefined ? undefined : compact(stated.bic);
  const country = iban.slice(0, 2);
  return { kind: 'iban', holder: stated.holder.trim(), iban, ...(bic === undefined ? {} : { bic }), country };
}

/** What a partner and its company may see. */
export function maskDestination(destination: PayoutDestination): MaskedDestination {
  switch (destination.kind) {
    case 'iban':
      return { kind: 'iban', ending: ending(destination.iban), country: destination.country, provider: null };
    case 'us_bank':
      return { kind: 'us_bank', ending: ending(destination.accountNumber), country: 'US', provider: null };
    case 'handle':
      return { kind: 'handle', ending: ending(destination.handle), country: null, provider: destination.provider };
    case 'connected_account':
      return {
        kind: 'connected_account',
        ending: ending(destination.accountReference),
        country: null,
        provider: destination.rail,
      };
  }
}

/** Whether both name the same account; who is said to hold it is another matter. */
export function isSameAccount(one: PayoutDestination, other: PayoutDestination): boolean {
  return accountKey(one) === accountKey(other);
}

/**
 * Whether nine digits are a routing number of the American Bankers Association: 3, 7 and 1 times the digits, in turn,
 * add up to a multiple of ten, and the first two digits are a range that is in use.
 */
export function isRoutingNumber(text: string): boolean {
  if (!/^\d{9}$/.test(text)) return false;
  const first = Number(text.slice(0, 2));
  const isInUse = first <= 12 || (first >= 21 && first <= 32) || (first >= 61 && first <= 72) || first === 80;
  const weights = [3, 7, 1];
  const sum = [...text].reduce((total, digit, index) => total + Number(digit) * (weights[index % 3] ?? 0), 0);
  return isInUse && sum > 0 && sum % 10 === 0;
}

/** The last four characters, but never more than half of the text. */
export function ending(text: string): string {
  const length = Math.min(4, Math.floor(text.length / 2));
  return length === 0 ? '' : text.slice(-length);
}

function accountKey(destination: PayoutDestination): string {
  switch (destination.kind) {
    case 'iban':
      return `iban\n${destination.iban}`;
    case 'us_bank':
      return `us_bank\n${destination.routingNumber}\n${destination.accountNumber}`;
    case 'handle':
      return `handle\n${destination.provider}\n${destination.handle.toLowerCase()}`;
    case 'connected_account':
      return `connected_account\n${destination.rail}\n${destination.accountReference}`;
  }
}

function* faultsOf(stated: StatedDestination): Generator<FieldError> {
  if (stated.kind === 'iban') {
    const iban = electronicFormatIBAN(stated.iban) ?? '';
    if (!isValidIBAN(iban)) {
      yield { pointer: '/iban', message: 'is no valid IBAN: its country, its length or its check digits are wrong' };
    }
    if (stated.bic === undefined) return;
    const bic = compact(stated.bic);
    if (!isValidBIC(bic)) yield { pointer: '/bic', message: 'is no valid BIC' };
    else if (!isCountry(bic.slice(4, 6))) yield { pointer: '/bic', message: 'names a country that does not exist' };
    return;
  }
  if (stated.kind !== 'us_bank') return;
  if (!isRoutingNumber(stated.routingNumber)) {
    yield { pointer: '/routingNumber', message: 'is no valid routing number: its check digit is wrong' };
  }
  if (!/^(?=.*[1-9])\d{4,17}$/.test(stated.accountNumber)) {
    yield { pointer: '/accountNumber', message: 'must be 4 to 17 digits' };
  }
}

function compact(text: string): string {
  return text.replace(/\s/g, '').toUpperCase();
}
