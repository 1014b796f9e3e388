import type { Money } from '../../kernel/money.js';
import { idOf, instantOf, reasonOf } from './report-parts.js';
import { unreadable } from './unreadable.js';
import { readXml, type XmlNode } from './xml-reader.js';

/**
 * What a status code says of a payment. `settled`: the money has left; `accepted`: the bank will pay; `received`: it has
 * the order and no opinion yet; `rejected`: it will not pay; `partly`: the parts below say it, each its own.
 */
export type StatusMeaning = 'received' | 'accepted' | 'settled' | 'rejected' | 'partly';

/** ISO's external list of payment status codes, as far as it tells the payer something of a credit transfer. */
const meanings: Readonly<Record<string, StatusMeaning>> = {
  ...{ RCVD: 'received', PDNG: 'received', PATC: 'received' },
  ...{ ACCP: 'accepted', ACTC: 'accepted', ACSP: 'accepted', ACWC: 'accepted', ACWP: 'accepted', ACFC: 'accepted' },
  ...{ ACSC: 'settled', ACCC: 'settled', RJCT: 'rejected', CANC: 'rejected', PART: 'partly' },
};

export interface PaymentStatus {
  /** The code as the bank gave it, such as `ACCP`. */
  code: string;
  meaning: StatusMeaning;
  /** The reason's code, such as `AC04`. */
  reason?: string;
}

export interface TransactionStatus {
  place: string;
  endToEndId: string;
  status: PaymentStatus;
  /** What was asked for, where the bank repeats it. */
  amount?: Money;
}

export interface PartStatus {
  place: string;
  paymentInformationId: string;
  status?: PaymentStatus;
  transactions: readonly TransactionStatus[];
}

/** A payment status report: one about a whole file, its parts, or single payments. */
export interface StatusReport {
  kind: 'pain.002';
  messageId: string;
  createdAt: Date;
  originalMessageId: string;
  /** Of the whole file; undefined where the bank says it of the parts alone. */
  group?: PaymentStatus;
  parts: readonly PartStatus[];
}

export const pain002Pattern = /^urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(?:03|10)$/;

/**
 * Reads a customer payment status report (ISO 20022 pain.002.001.10; 03 says the same in what is read here).
 *
 * @throws DomainError `invalid-document`, with the place: a code that is not known, levels that contradict each other,
 * counts that are not those of what is listed
 */
export function readPain002(bytes: Uint8Array): StatusReport {
  const { root, namespace } = readXml(bytes);
  if (root.name !== 'Document' || !pain002Pattern.test(namespace)) {
    throw unreadable('', 'must be a pain.002 document of version 03 or 10');
  }
  const report = root.one('CstmrPmtStsRpt');
  const header = report.one('GrpHdr');
  const original = report.one('OrgnlGrpInfAndSts');
  const name = original.one('OrgnlMsgNmId');
  if (!name.text(35).startsWith('pain.001')) throw unreadable(name.place, 'must be about a pain.001 message');
  const group = statusOf(original, 'GrpSts');
  const parts = report.all('OrgnlPmtInfAndSts').map(readPart);
  requireTold(original, group, parts);
  return {
    kind: 'pain.002',
    messageId: header.one('MsgId').text(35),
    createdAt: instantOf(header.one('CreDtTm')),
    originalMessageId: original.one('OrgnlMsgId').text(35),
    ...(group === undefined ? {} : { group }),
    parts,
  };
}

function readPart(part: XmlNode): PartStatus {
  const status = statusOf(part, 'PmtInfSts');
  const transactions = part.all('TxInfAndSts').map((transaction) => readTransaction(transaction, status));
  if (status?.meaning === 'partly' && transactions.length === 0) {
    throw unreadable(part.place, 'is accepted in part, and does not say which part');
  }
  requireCounts(part, transactions);
  return {
    place: part.place,
    paymentInformationId: part.one('OrgnlPmtInfId').text(35),
    ...(status === undefined ? {} : { status }),
    transactions,
  };
}

function readTransaction(transaction: XmlNode, part: PaymentStatus | undefined): TransactionStatus {
  const { place } = transaction;
  const status = statusOf(transaction, 'TxSts') ?? part;
  if (!status || status.meaning === 'partly') throw unreadable(`${place}/TxSts`, 'is missing');
  if (part?.meaning === 'rejected' && status.meaning !== 'rejected') {
    throw unreadable(`${place}/TxSts`, 'is not rejected, though all of its part is');
  }
  const amount = transaction.find('OrgnlTxRef', 'Amt', 'InstdAmt')?.money();
  const endToEndId = idOf(transaction.optional('OrgnlEndToEndId')) ?? idOf(transaction.optional('OrgnlInstrId'));
  if (endToEndId === undefined) throw unreadable(`${place}/OrgnlEndToEndId`, 'is missing');
  // The payment's own reason, else that of the part which it shares.
  const reason = status.reason ?? (status.meaning === 'rejected' ? part?.reason : undefined);
  const said = reason === undefined ? status : { ...status, reason };
  return { place, endToEndId, status: said, ...(amount === undefined ? {} : { amount }) };
}

function statusOf(parent: XmlNode, name: string): PaymentStatus | undefined {
  const node = parent.optional(name);
  if (!node) return undefined;
  const code = node.text(4);
  const meaning = meanings[code];
  if (meaning === undefined || (meaning === 'partly' && name === 'TxSts')) {
    throw unreadable(node.place, 'is a status that is not known here');
  }
  const reason = reasonOf(parent);
  return { code, meaning, ...(reason === undefined ? {} : { reason }) };
}

function requireTold(original: XmlNode, group: PaymentStatus | undefined, parts: readonly PartStatus[]): void {
  const isTold = parts.some(({ status, transactions }) => status !== undefined || transactions.length > 0);
  if (group === undefined && !isTold) throw unreadable(original.place, 'says nothing of the file or any part of it');
  if (group?.meaning === 'partly' && !isTold) {
    throw unreadable(original.place, 'is accepted in part, and does not say which part');
  }
  const spared = parts.find(
    ({ status, transactions }) =>
      (status !== undefined && status.meaning !== 'rejected') ||
      transactions.some((transaction) => transaction.status.meaning !== 'rejected'),
  );
  if (group?.meaning === 'rejected' && spared)
    throw unreadable(spared.place, 'is not rejected, though the whole file is');
  const transactions = parts.flatMap((part) => part.transactions);
  const ids = new Set(transactions.map(({ endToEndId }) => endToEndId));
  if (ids.size !== transactions.length) throw unreadable(original.place, 'tells of one payment twice');
  requireCounts(original, transactions);
}

/** A bank lists every payment that it rejects: a count that says otherwise belongs to another report. */
function requireCounts(node: XmlNode, transactions: readonly TransactionStatus[]): void {
  for (const counted of node.all('NbOfTxsPerSts')) {
    const code = counted.one('DtldSts').text(4);
    const count = counted.one('DtldNbOfTxs').count();
    const listed = transactions.filter(({ status }) => status.code === code).length;
    const isListed = meanings[code] === 'rejected' ? listed === count : listed <= count;
    if (!isListed && transactions.length > 0) {
      throw unreadable(`${counted.place}/DtldNbOfTxs`, 'is not the number of the payments that are listed');
    }
  }
}
