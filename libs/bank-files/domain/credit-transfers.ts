import { groupBy } from '../../kernel/group-by.js';
import type { Money } from '../../kernel/money.js';

/** An account that is named by its IBAN, with whom it belongs to. */
export interface IbanAccount {
  name: string;
  /** In its electronic form: no spaces, capitals. */
  iban: string;
  bic?: string;
}

/** One payment of a credit transfer file. */
export interface CreditTransfer extends Money {
  /** At most 35 characters; it comes back in every report. */
  endToEndId: string;
  /** The day on which the bank is asked to pay, as `YYYY-MM-DD`. */
  executionDate: string;
  creditor: IbanAccount;
  /** What the payee reads on its statement, at most 140 characters. */
  remittance?: string;
}

/** A credit transfer file: who pays, from which account, and whom. */
export interface CreditTransferFile {
  /** At most 27 characters: the ids of its parts follow from it. */
  messageId: string;
  /** To the second. */
  createdAt: Date;
  debtor: IbanAccount;
  transfers: readonly CreditTransfer[];
}

/** The transfers of a file that are of one day and one currency: they make one part of it. */
export interface PaymentPart {
  paymentInformationId: string;
  executionDate: string;
  currency: string;
  transfers: readonly CreditTransfer[];
}

/** The parts of a file in the order of day and currency; each keeps the order of its transfers. */
export function paymentParts({ messageId, transfers }: CreditTransferFile): PaymentPart[] {
  const grouped = groupBy(transfers, (transfer) => `${transfer.executionDate} ${transfer.currency}`);
  return [...grouped.keys()].sort().map((key, index) => {
    const [executionDate = '', currency = ''] = key.split(' ');
    const paymentInformationId = `${messageId}-${index + 1}`;
    return { paymentInformationId, executionDate, currency, transfers: grouped.get(key)! };
  });
}

export const maxMessageIdLength = 27;
export const maxNameLength = 70;
export const maxRemittanceLength = 140;

/** ISO 20022 writes ids in these characters when banks are to forward them. */
export const idPattern = /^[A-Za-z0-9+?:().,'-](?:[A-Za-z0-9+?:().,' /-]{0,33}[A-Za-z0-9+?:().,'-])?$/;
export const ibanPattern = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;
export const bicPattern = /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/;

/** Whether an IBAN's check digits are right (ISO 7064, mod 97-10); says nothing of its country's own form. */
export function hasValidCheckDigits(iban: string): boolean {
  if (!ibanPattern.test(iban)) return false;
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** Whether `text` is a day of the calendar, as `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
