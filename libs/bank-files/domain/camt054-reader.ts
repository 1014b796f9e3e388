import { isCurrency } from '../../kernel/currency.js';
import type { Money } from '../../kernel/money.js';
import { isDay } from './credit-transfers.js';
import { controlSum, isSameDecimal } from './decimals.js';
import { idOf, instantOf, reasonOf } from './report-parts.js';
import { unreadable } from './unreadable.js';
import { readXml, type XmlNode } from './xml-reader.js';

/** One movement on the account that a notification tells of. */
export interface NotifiedEntry extends Money {
  place: string;
  /** `debit`: money left the account; `credit`: money came to it. */
  direction: 'debit' | 'credit';
  /** Whether the bank has booked it; pending and merely announced ones move nothing. */
  isBooked: boolean;
  /** As `YYYY-MM-DD`; undefined where the bank leaves it out. */
  bookedOn?: string;
  /** The bank's own reference of the movement: the same in every report that tells of it. */
  bankReference?: string;
  /** The ids of the payment that it is about, as far as the bank repeats them. */
  endToEndId?: string;
  paymentInformationId?: string;
  messageId?: string;
  /** How many payments a movement stands for that was booked as one; undefined for a single payment. */
  payments?: number;
  /** Why money came back, such as `AC04`. Present on every return, `NARR` where the bank gives no code. */
  returnReason?: string;
}

/** A debit and credit notification: what the bank did, whatever it said before. */
export interface AccountNotification {
  kind: 'camt.054';
  messageId: string;
  createdAt: Date;
  entries: readonly NotifiedEntry[];
}

export const camt054Namespace = 'urn:iso:std:iso:20022:tech:xsd:camt.054.001.08';

/**
 * Reads a bank-to-customer debit and credit notification (ISO 20022 camt.054.001.08). An entry that stands for several
 * payments becomes one for each, where the bank lists them.
 *
 * @throws DomainError `invalid-document`, with the place; also where the listed payments do not add up to their entry
 */
export function readCamt054(bytes: Uint8Array): AccountNotification {
  const { root, namespace } = readXml(bytes);
  if (root.name !== 'Document' || namespace !== camt054Namespace) {
    throw unreadable('', 'must be a camt.054.001.08 document');
  }
  const message = root.one('BkToCstmrDbtCdtNtfctn');
  const header = message.one('GrpHdr');
  const notifications = message.all('Ntfctn');
  if (notifications.length === 0) throw unreadable(`${message.place}/Ntfctn`, 'is missing');
  return {
    kind: 'camt.054',
    messageId: header.one('MsgId').text(35),
    createdAt: instantOf(header.one('CreDtTm')),
    entries: notifications.flatMap(readNotification),
  };
}

function readNotification(notification: XmlNode): NotifiedEntry[] {
  const nodes = notification.all('Ntry');
  const summary = notification.find('TxsSummry', 'TtlNtries');
  const count = summary?.optional('NbOfNtries');
  if (count && count.count() !== nodes.length) throw unreadable(count.place, 'is not the number of the entries');
  const sum = summary?.optional('Sum');
  const amounts = nodes.map((node) => node.one('Amt').money());
  if (sum && !isSameDecimal(sum.text(), controlSum(amounts)))
    throw unreadable(sum.place, 'is not the sum of the entries');
  return nodes.flatMap(readEntry);
}

function readEntry(entry: XmlNode): NotifiedEntry[] {
  const money = entry.one('Amt').money();
  const status = entry.one('Sts');
  const bankReference = idOf(entry.optional('AcctSvcrRef')) ?? idOf(entry.optional('NtryRef'));
  const bookedOn = dayOf(entry.optional('BookgDt'));
  const isReversal = entry.optional('RvslInd')?.text(5) === 'true';
  const shared = {
    place: entry.place,
    direction: directionOf(entry.one('CdtDbtInd')),
    isBooked: status.one('Cd').text(4) === 'BOOK',
    ...(bookedOn === undefined ? {} : { bookedOn }),
    ...(bankReference === undefined ? {} : { bankReference }),
  };
  const details = entry.all('NtryDtls').flatMap((node) => node.all('TxDtls'));
  if (details.length === 0) return [{ ...shared, ...money, ...batchOf(entry), ...reversal(isReversal) }];
  const entries = details.map((node) =>
    readDetails(node, shared, details.length === 1 ? money : undefined, isReversal),
  );
  requireSum(entry, money, entries);
  return entries;
}

type SharedFacts = Pick<NotifiedEntry, 'place' | 'direction' | 'isBooked' | 'bookedOn' | 'bankReference'>;

function readDetails(
  details: XmlNode,
  shared: SharedFacts,
  whole: Money | undefined,
  isReversal: boolean,
): NotifiedEntry {
  const amount = details.optional('Amt') ?? details.find('AmtDtls', 'TxAmt', 'Amt');
  const money = amount?.money() ?? whole;
  if (!money) throw unreadable(`${details.place}/Amt`, 'is missing');
  const refs = details.optional('Refs');
  const direction = details.optional('CdtDbtInd');
  const bankReference = idOf(refs?.optional('AcctSvcrRef')) ?? idOf(refs?.optional('TxId'));
  const hasReturn = details.optional('RtrInf') !== undefined;
  const reason = reasonOf(details);
  return {
    ...shared,
    ...money,
    place: details.place,
    ...(direction === undefined ? {} : { direction: directionOf(direction) }),
    ...(bankReference === undefined ? {} : { bankReference }),
    ...idsOf(refs),
    ...(hasReturn ? { returnReason: reason ?? 'NARR' } : reversal(isReversal)),
  };
}

/** Whether money that came back is said to by the entry alone. */
function reversal(isReversal: boolean): { returnReason?: string } {
  return isReversal ? { returnReason: 'NARR' } : {};
}

function idsOf(refs: XmlNode | undefined): Partial<NotifiedEntry> {
  const endToEndId = idOf(refs?.optional('EndToEndId')) ?? idOf(refs?.optional('InstrId'));
  const paymentInformationId = idOf(refs?.optional('PmtInfId'));
  const messageId = idOf(refs?.optional('MsgId'));
  return {
    ...(endToEndId === undefined ? {} : { endToEndId }),
    ...(paymentInformationId === undefined ? {} : { paymentInformationId }),
    ...(messageId === undefined ? {} : { messageId }),
  };
}

/** What an entry stands for that was booked as one, without its payments. */
function batchOf(entry: XmlNode): Partial<NotifiedEntry> {
  const batches = entry.all('NtryDtls').flatMap((node) => node.all('Btch'));
  const [batch, second] = batches;
  if (!batch) return {};
  if (second) throw unreadable(second.place, 'is a second batch of one entry, without its payments');
  const count = batch.optional('NbOfTxs');
  return { ...idsOf(batch), ...(count === undefined ? {} : { payments: count.count() }) };
}

function directionOf(node: XmlNode): 'debit' | 'credit' {
  const text = node.text(4);
  if (text !== 'DBIT' && text !== 'CRDT') throw unreadable(node.place, 'must be DBIT or CRDT');
  return text === 'DBIT' ? 'debit' : 'credit';
}

function dayOf(node: XmlNode | undefined): string | undefined {
  const day = (node?.optional('Dt') ?? node?.optional('DtTm'))?.text(40).slice(0, 10);
  if (node && (day === undefined || !isDay(day))) throw unreadable(node.place, 'must be a day');
  return day;
}

/** The payments of an entry add up to it, unless the bank took charges on the way or they are in another currency. */
function requireSum(entry: XmlNode, money: Money, entries: readonly NotifiedEntry[]): void {
  const hasCharges = entry.optional('Chrgs') ?? entry.all('NtryDtls').find((node) => node.find('TxDtls', 'Chrgs'));
  const isOneCurrency = entries.every(({ currency }) => currency === money.currency);
  if (hasCharges || !isOneCurrency || !isCurrency(money.currency)) return;
  const sum = entries.reduce((total, { amountMinor }) => total + amountMinor, 0n);
  if (sum !== money.amountMinor) throw unreadable(`${entry.place}/Amt`, 'is not the sum of its payments');
}
