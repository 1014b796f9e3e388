import {
  bicPattern,
  hasValidCheckDigits,
  isDay,
  type CreditTransfer,
  type CreditTransferFile,
  type IbanAccount,
} from './credit-transfers.js';
import { controlSum, isSameDecimal } from './decimals.js';
import { pain001Namespace } from './pain001-writer.js';
import { instantOf } from './report-parts.js';
import { unreadable } from './unreadable.js';
import { readXml, type XmlNode } from './xml-reader.js';

/**
 * Reads a credit transfer file as {@link writePain001} writes it, to the minor unit. Anything that the writer would not
 * have said is refused, and so are counts and control sums that are not those of the transfers.
 *
 * @throws DomainError `invalid-document`, with the place
 */
export function readPain001(bytes: Uint8Array): CreditTransferFile {
  const { root, namespace } = readXml(bytes);
  if (root.name !== 'Document' || namespace !== pain001Namespace) {
    throw unreadable('', 'must be a pain.001.001.09 document');
  }
  const message = root.only('CstmrCdtTrfInitn').one('CstmrCdtTrfInitn').only('GrpHdr', 'PmtInf');
  const header = message.one('GrpHdr').only('MsgId', 'CreDtTm', 'NbOfTxs', 'CtrlSum', 'InitgPty');
  header.one('InitgPty').only('Nm').one('Nm').text();
  const parts = message.all('PmtInf').map(readPart);
  const [first] = parts;
  if (!first) throw unreadable(`${message.place}/PmtInf`, 'is missing');
  const transfers = parts.flatMap((part) => part.transfers);
  requireTotals(header, transfers);
  const stranger = parts.find(({ debtor }) => JSON.stringify(debtor) !== JSON.stringify(first.debtor));
  if (stranger) throw unreadable(stranger.place, 'is paid from another account than the first part');
  requireUniqueIds(message, transfers);
  return {
    messageId: header.one('MsgId').text(35),
    createdAt: instantOf(header.one('CreDtTm')),
    debtor: first.debtor,
    transfers,
  };
}

const partNames = [
  ...['PmtInfId', 'PmtMtd', 'BtchBookg', 'NbOfTxs', 'CtrlSum', 'PmtTpInf', 'ReqdExctnDt', 'Dbtr', 'DbtrAcct'],
  ...['DbtrAgt', 'ChrgBr', 'CdtTrfTxInf'],
];

function readPart(part: XmlNode): { place: string; debtor: IbanAccount; transfers: CreditTransfer[] } {
  part.only(...partNames);
  if (part.one('PmtMtd').text() !== 'TRF') throw unreadable(`${part.place}/PmtMtd`, 'must be TRF');
  const day = part.one('ReqdExctnDt').only('Dt').one('Dt');
  const executionDate = day.text();
  if (!isDay(executionDate)) throw unreadable(day.place, 'must be a day as YYYY-MM-DD');
  const debtor = accountOf(part.one('Dbtr'), part.one('DbtrAcct'), part.one('DbtrAgt'));
  const transfers = part.all('CdtTrfTxInf').map((transfer) => readTransfer(transfer, executionDate));
  const [first] = transfers;
  if (!first) throw unreadable(`${part.place}/CdtTrfTxInf`, 'is missing');
  requireTotals(part, transfers);
  return { place: part.place, debtor, transfers };
}

function readTransfer(transfer: XmlNode, executionDate: string): CreditTransfer {
  transfer.only('PmtId', 'Amt', 'CdtrAgt', 'Cdtr', 'CdtrAcct', 'RmtInf');
  const { amountMinor, currency } = transfer.one('Amt').only('InstdAmt').one('InstdAmt').money();
  if (amountMinor === 0n) throw unreadable(`${transfer.place}/Amt`, 'must be more than zero');
  const creditor = accountOf(transfer.one('Cdtr'), transfer.one('CdtrAcct'), transfer.optional('CdtrAgt'));
  const remittance = transfer.optional('RmtInf')?.only('Ustrd').one('Ustrd').text();
  return {
    endToEndId: transfer.one('PmtId').only('InstrId', 'EndToEndId').one('EndToEndId').text(35),
    amountMinor,
    currency,
    executionDate,
    creditor,
    ...(remittance === undefined ? {} : { remittance }),
  };
}

function accountOf(party: XmlNode, account: XmlNode, agent: XmlNode | undefined): IbanAccount {
  const id = account.only('Id').one('Id').only('IBAN').one('IBAN');
  const iban = id.text(34);
  if (!hasValidCheckDigits(iban)) throw unreadable(id.place, 'is no IBAN');
  const bic = agent?.find('FinInstnId', 'BICFI');
  if (bic && !bicPattern.test(bic.text())) throw unreadable(bic.place, 'is no BIC');
  const name = party.only('Nm').one('Nm').text(70);
  return { name, iban, ...(bic === undefined ? {} : { bic: bic.text() }) };
}

/** `NbOfTxs` and `CtrlSum` of a header or a part against what stands below it. */
function requireTotals(node: XmlNode, transfers: readonly CreditTransfer[]): void {
  if (node.one('NbOfTxs').count() !== transfers.length) {
    throw unreadable(`${node.place}/NbOfTxs`, 'is not the number of the transfers');
  }
  if (!isSameDecimal(node.one('CtrlSum').text(), controlSum(transfers))) {
    throw unreadable(`${node.place}/CtrlSum`, 'is not the sum of the transfers');
  }
}

function requireUniqueIds(message: XmlNode, transfers: readonly CreditTransfer[]): void {
  if (new Set(transfers.map(({ endToEndId }) => endToEndId)).size !== transfers.length) {
    throw unreadable(message.place, 'has an end-to-end id twice');
  }
}
