import { isCurrency } from '../../kernel/currency.js';
import { toDecimalString } from '../../kernel/money.js';
import { toBankText } from './bank-text.js';
import {
  bicPattern,
  hasValidCheckDigits,
  idPattern,
  isDay,
  maxMessageIdLength,
  maxNameLength,
  maxRemittanceLength,
  paymentParts,
  type CreditTransfer,
  type CreditTransferFile,
  type IbanAccount,
  type PaymentPart,
} from './credit-transfers.js';
import { controlSum, maxAmountMinor } from './decimals.js';
import { unwritable } from './unreadable.js';
import { element, writeXml, type XmlElement } from './xml-writer.js';

export const pain001Namespace = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09';

/** The most that a SEPA credit transfer carries: 999,999,999.99 euros. */
const maxSepaCents = 99_999_999_999n;

/**
 * A customer credit transfer initiation (ISO 20022 pain.001.001.09): a part for each day and currency, amounts in major
 * units, control sums over the whole and over each part. Euros are asked for as SEPA credit transfers.
 *
 * @throws DomainError `invalid-document` for what cannot be written: nothing is left out or shortened but names and texts
 */
export function writePain001(given: CreditTransferFile): Uint8Array {
  const file = checkedFile(given);
  const { messageId, createdAt, debtor, transfers } = file;
  const header = element('GrpHdr', [
    element('MsgId', messageId),
    element('CreDtTm', `${createdAt.toISOString().slice(0, 19)}Z`),
    element('NbOfTxs', String(transfers.length)),
    element('CtrlSum', controlSum(transfers)),
    element('InitgPty', [element('Nm', debtor.name)]),
  ]);
  const parts = paymentParts(file).map((part) => partElement(part, debtor));
  return writeXml(element('Document', [element('CstmrCdtTrfInitn', [header, ...parts])], { xmlns: pain001Namespace }));
}

/** The file as it is written: texts in the banks' characters. What this returns is what reading the file gives back. */
export function checkedFile(file: CreditTransferFile): CreditTransferFile {
  if (!idPattern.test(file.messageId) || file.messageId.length > maxMessageIdLength) {
    throw unwritable('/messageId', `must be 1 to ${maxMessageIdLength} characters that banks take`);
  }
  if (file.transfers.length === 0) throw unwritable('/transfers', 'must not be empty');
  const seen = new Set<string>();
  const transfers = file.transfers.map((transfer, index) => {
    const pointer = `/transfers/${index}`;
    if (seen.has(transfer.endToEndId)) throw unwritable(`${pointer}/endToEndId`, 'stands there twice');
    seen.add(transfer.endToEndId);
    return checkedTransfer(transfer, pointer);
  });
  const createdAt = new Date(Math.floor(file.createdAt.getTime() / 1000) * 1000);
  return { messageId: file.messageId, createdAt, debtor: checkedAccount(file.debtor, '/debtor'), transfers };
}

/** One transfer as it is written. @throws DomainError `invalid-document` */
export function checkedTransfer(transfer: CreditTransfer, pointer = ''): CreditTransfer {
  const { endToEndId, amountMinor, currency, executionDate, creditor, remittance } = transfer;
  if (!idPattern.test(endToEndId))
    throw unwritable(`${pointer}/endToEndId`, 'must be 1 to 35 characters that banks take');
  if (!isCurrency(currency)) throw unwritable(`${pointer}/currency`, 'is no currency of ISO 4217');
  if (amountMinor <= 0n || amountMinor > maxAmountMinor) {
    throw unwritable(`${pointer}/amountMinor`, `must be 1 to ${maxAmountMinor}`);
  }
  if (currency === 'EUR' && amountMinor > maxSepaCents) {
    throw unwritable(`${pointer}/amountMinor`, 'is more than a SEPA credit transfer carries');
  }
  if (!isDay(executionDate)) throw unwritable(`${pointer}/executionDate`, 'must be a day as YYYY-MM-DD');
  const said =
    remittance === undefined
      ? {}
      : { remittance: toBankText(remittance, maxRemittanceLength, `${pointer}/remittance`) };
  const payee = checkedAccount(creditor, `${pointer}/creditor`);
  return { endToEndId, amountMinor, currency, executionDate, creditor: payee, ...said };
}

function checkedAccount({ name, iban, bic }: IbanAccount, pointer: string): IbanAccount {
  if (!hasValidCheckDigits(iban)) throw unwritable(`${pointer}/iban`, 'is no IBAN');
  if (bic !== undefined && !bicPattern.test(bic)) throw unwritable(`${pointer}/bic`, 'is no BIC');
  return { name: toBankText(name, maxNameLength, `${pointer}/name`), iban, ...(bic === undefined ? {} : { bic }) };
}

function partElement({ paymentInformationId, executionDate, currency, transfers }: PaymentPart, debtor: IbanAccount) {
  const isSepa = currency === 'EUR';
  return element('PmtInf', [
    element('PmtInfId', paymentInformationId),
    element('PmtMtd', 'TRF'),
    // Each payment is booked by itself: a report then names each of them.
    element('BtchBookg', 'false'),
    element('NbOfTxs', String(transfers.length)),
    element('CtrlSum', controlSum(transfers)),
    isSepa ? element('PmtTpInf', [element('SvcLvl', [element('Cd', 'SEPA')])]) : undefined,
    element('ReqdExctnDt', [element('Dt', executionDate)]),
    element('Dbtr', [element('Nm', debtor.name)]),
    accountElement('DbtrAcct', debtor),
    // The agent is mandatory; SEPA's word for one that follows from the IBAN.
    agentElement('DbtrAgt', debtor) ?? element('DbtrAgt', [element('FinInstnId', [notProvided()])]),
    element('ChrgBr', isSepa ? 'SLEV' : 'SHAR'),
    ...transfers.map(transferElement),
  ]);
}

function transferElement({ endToEndId, amountMinor, currency, creditor, remittance }: CreditTransfer): XmlElement {
  return element('CdtTrfTxInf', [
    element('PmtId', [element('InstrId', endToEndId), element('EndToEndId', endToEndId)]),
    element('Amt', [element('InstdAmt', toDecimalString(amountMinor, currency), { Ccy: currency })]),
    agentElement('CdtrAgt', creditor),
    element('Cdtr', [element('Nm', creditor.name)]),
    accountElement('CdtrAcct', creditor),
    remittance === undefined ? undefined : element('RmtInf', [element('Ustrd', remittance)]),
  ]);
}

function accountElement(name: string, { iban }: IbanAccount): XmlElement {
  return element(name, [element('Id', [element('IBAN', iban)])]);
}

function agentElement(name: string, { bic }: IbanAccount): XmlElement | undefined {
  return bic === undefined ? undefined : element(name, [element('FinInstnId', [element('BICFI', bic)])]);
}

function notProvided(): XmlElement {
  return element('Othr', [element('Id', 'NOTPROVIDED')]);
}
