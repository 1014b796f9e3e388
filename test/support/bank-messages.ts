import { checkDigitOf } from '../../libs/bank-files/domain/index.js';

/** Reports as a bank would send them, written here by hand and not by the code that reads them. */

export interface ToldStatus {
  endToEndId: string;
  code: string;
  reason?: string;
  amount?: { value: string; currency: string };
}

/** A payment status report about one file. */
export function statusReport(told: {
  originalMessageId: string;
  messageId?: string;
  group?: string;
  groupReason?: string;
  part?: { id: string; code?: string; reason?: string };
  transactions?: readonly ToldStatus[];
  version?: '03' | '10';
}): string {
  const { originalMessageId, messageId = 'BANK-1', group, part, transactions = [], version = '10' } = told;
  const transactionsXml = transactions.map(
    ({ endToEndId, code, reason, amount }) => `<TxInfAndSts>
      <OrgnlEndToEndId>${endToEndId}</OrgnlEndToEndId><TxSts>${code}</TxSts>${reasonXml(reason)}
      ${amount ? `<OrgnlTxRef><Amt><InstdAmt Ccy="${amount.currency}">${amount.value}</InstdAmt></Amt></OrgnlTxRef>` : ''}
    </TxInfAndSts>`,
  );
  const partXml = part
    ? `<OrgnlPmtInfAndSts><OrgnlPmtInfId>${part.id}</OrgnlPmtInfId>${
        part.code === undefined ? '' : `<PmtInfSts>${part.code}</PmtInfSts>`
      }${reasonXml(part.reason)}${transactionsXml.join('')}</OrgnlPmtInfAndSts>`
    : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.${version}"><CstmrPmtStsRpt>
  <GrpHdr><MsgId>${messageId}</MsgId><CreDtTm>2026-04-02T09:00:00Z</CreDtTm></GrpHdr>
  <OrgnlGrpInfAndSts><OrgnlMsgId>${originalMessageId}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
    ${group === undefined ? '' : `<GrpSts>${group}</GrpSts>`}${reasonXml(told.groupReason)}
  </OrgnlGrpInfAndSts>${partXml}
</CstmrPmtStsRpt></Document>`;
}

function reasonXml(reason: string | undefined): string {
  return reason === undefined
    ? ''
    : `<StsRsnInf><Rsn><Cd>${reason}</Cd></Rsn><AddtlInf>IBAN DE00 of the payee is wrong</AddtlInf></StsRsnInf>`;
}

export interface ToldEntry {
  amount: string;
  currency: string;
  direction: 'DBIT' | 'CRDT';
  status?: string;
  reference?: string;
  endToEndId?: string;
  returnReason?: string;
  /** Booked as one: the part it stands for and of how many payments. */
  batch?: { paymentInformationId: string; count: number };
}

/** A debit and credit notification. */
export function notification(entries: readonly ToldEntry[], messageId = 'NTFCTN-1'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
  <GrpHdr><MsgId>${messageId}</MsgId><CreDtTm>2026-04-03T18:00:00+02:00</CreDtTm></GrpHdr>
  <Ntfctn><Id>${messageId}</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>
  ${entries.map(entryXml).join('\n')}
  </Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>`;
}

function entryXml(entry: ToldEntry): string {
  const { amount, currency, direction, status = 'BOOK', reference, endToEndId, returnReason, batch } = entry;
  const amountXml = `<Amt Ccy="${currency}">${amount}</Amt>`;
  const details = batch
    ? `<NtryDtls><Btch><PmtInfId>${batch.paymentInformationId}</PmtInfId><NbOfTxs>${batch.count}</NbOfTxs></Btch></NtryDtls>`
    : `<NtryDtls><TxDtls><Refs>${reference === undefined ? '' : `<AcctSvcrRef>${reference}</AcctSvcrRef>`}${
        endToEndId === undefined ? '' : `<EndToEndId>${endToEndId}</EndToEndId>`
      }</Refs>${amountXml}${
        returnReason === undefined ? '' : `<RtrInf><Rsn><Cd>${returnReason}</Cd></Rsn></RtrInf>`
      }</TxDtls></NtryDtls>`;
  return `<Ntry>${amountXml}<CdtDbtInd>${direction}</CdtDbtInd><Sts><Cd>${status}</Cd></Sts>
    <BookgDt><Dt>2026-04-03</Dt></BookgDt><BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>${details}</Ntry>`;
}

export interface ToldReturn {
  originalTrace: string;
  /** `R…` for a return, `C…` for a notification of change. */
  code: string;
  cents: number;
  reference: string;
}

/** A NACHA return file; changes and returns stand in batches of their own. */
export function returnFile(told: readonly ToldReturn[], changes: { modifier?: string } = {}): string {
  const groups = [told.filter(({ code }) => code.startsWith('R')), told.filter(({ code }) => code.startsWith('C'))];
  const lines = [
    `101 121042882 0210000212604030815${changes.modifier ?? 'A'}094101${'PACTLINE'.padEnd(23)}${'BANK'.padEnd(23)}${' '.repeat(8)}`,
  ];
  let [batches, records, hash, cents] = [0, 0, 0, 0];
  for (const group of groups.filter(({ length }) => length > 0)) {
    batches += 1;
    const number = String(batches).padStart(7, '0');
    const entryClass = group[0]!.code.startsWith('C') ? 'COR' : 'PPD';
    lines.push(
      `5220${'PACTLINE INC'.padEnd(16)}${' '.repeat(20)}${'1234567890'}${entryClass}${'PAYOUT'.padEnd(10)}260403260403   102100002${number}`,
    );
    const sum = group.reduce((total, one) => total + (one.code.startsWith('R') ? one.cents : 0), 0);
    for (const one of group) lines.push(...returnRecords(one));
    const groupHash = 12104288 * group.length;
    lines.push(
      `8220${String(group.length * 2).padStart(6, '0')}${String(groupHash).padStart(10, '0')}${'0'.repeat(12)}${String(sum).padStart(12, '0')}1234567890${' '.repeat(25)}02100002${number}`,
    );
    [records, hash, cents] = [records + group.length * 2, hash + groupHash, cents + sum];
  }
  const blocks = Math.ceil((lines.length + 1) / 10);
  lines.push(
    `9${String(batches).padStart(6, '0')}${String(blocks).padStart(6, '0')}${String(records).padStart(8, '0')}${String(hash).padStart(10, '0')}${'0'.repeat(12)}${String(cents).padStart(12, '0')}${' '.repeat(39)}`,
  );
  while (lines.length % 10 !== 0) lines.push('9'.repeat(94));
  return `${lines.join('\r\n')}\r\n`;
}

function returnRecords({ originalTrace, code, cents, reference }: ToldReturn): string[] {
  const isReturn = code.startsWith('R');
  const amount = String(isReturn ? cents : 0).padStart(10, '0');
  const trace = reference.padStart(15, '0');
  const entry = `621${'12104288'}${checkDigitOf('12104288')}${'000123456789'.padEnd(17)}${amount}${'ID'.padEnd(15)}${'RECEIVER'.padEnd(22)}  1${trace}`;
  const addenda = isReturn
    ? `799${code}${originalTrace}      02100002${' '.repeat(44)}${trace}`
    : `798${code}${originalTrace}      02100002${'1918171614'.padEnd(29)}${' '.repeat(15)}${trace}`;
  return [entry, addenda];
}
