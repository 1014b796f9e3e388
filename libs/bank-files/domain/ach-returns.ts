import { creationOf } from './ach-reader.js';
import { readRecord } from './nacha-layout.js';
import { readNacha, type RawEntry } from './nacha-reader.js';
import { unreadable } from './unreadable.js';

/** An entry that came back (addenda type 99). */
export interface AchReturn {
  place: string;
  /** The trace number that the entry was sent with. */
  originalTrace: string;
  /** `R01` and on, as the receiving bank gave it. */
  reasonCode: string;
  amountMinor: bigint;
  /** The trace number of the return itself: the same in every file that tells of it. */
  bankReference: string;
}

/** A notice that an account's data changed (addenda type 98): the money was paid all the same. */
export interface AchChange {
  place: string;
  originalTrace: string;
  /** `C01` and on. The corrected data itself stays in the file: it is bank data. */
  changeCode: string;
  bankReference: string;
}

/** A file of returns and notifications of change, as the originating bank hands it back. */
export interface AchReturnFile {
  kind: 'nacha-return';
  /** Of the file: when it was made, by whom, which one of that day. */
  messageId: string;
  createdAt: Date;
  returns: readonly AchReturn[];
  changes: readonly AchChange[];
}

/** @throws DomainError `invalid-document`, with the line: an entry without an addenda of type 98 or 99 is no return */
export function readAchReturns(bytes: Uint8Array): AchReturnFile {
  const { header, batches } = readNacha(bytes);
  const returns: AchReturn[] = [];
  const changes: AchChange[] = [];
  for (const batch of batches) {
    for (const entry of batch.entries) {
      const addenda = addendaOf(entry);
      if (addenda.type === '99') returns.push(readReturn(entry, addenda));
      else changes.push(readChange(entry, addenda, batch.header['entryClass']));
    }
  }
  if (returns.length + changes.length === 0) throw unreadable('', 'has no return and no notice');
  const origin = (header['immediateOrigin'] ?? '').replace(/[^A-Za-z0-9]/g, '');
  return {
    kind: 'nacha-return',
    messageId: `${origin}-${header['creationDate']}${header['creationTime']}${header['fileIdModifier']}`,
    createdAt: creationOf(header),
    returns,
    changes,
  };
}

interface Addenda {
  type: string;
  line: number;
  text: string;
}

function addendaOf({ line, addenda }: RawEntry): Addenda {
  const [first, second] = addenda;
  if (!first) throw unreadable(`/line/${line}`, 'is no return: it has no addenda');
  if (second) throw unreadable(`/line/${second.line}`, 'is a second addenda record of one return');
  const type = first.text.slice(1, 3);
  if (type !== '98' && type !== '99') throw unreadable(`/line/${first.line}/addendaType`, 'must be 98 or 99');
  return { type, ...first };
}

function readReturn({ line, fields }: RawEntry, addenda: Addenda): AchReturn {
  const { reasonCode = '', originalTrace = '' } = readRecord('returnAddenda', addenda.text, addenda.line);
  if (!/^R\d{2}$/.test(reasonCode)) throw unreadable(`/line/${addenda.line}/reasonCode`, 'must be R and two digits');
  const code = Number(fields['transactionCode']);
  if (code !== 21 && code !== 31)
    throw unreadable(`/line/${line}/transactionCode`, 'must be the return of a credit, 21 or 31');
  const amountMinor = BigInt(fields['amount'] ?? 0);
  if (amountMinor === 0n) throw unreadable(`/line/${line}/amount`, 'must be more than zero');
  return { place: `/line/${line}`, originalTrace, reasonCode, amountMinor, bankReference: fields['traceNumber'] ?? '' };
}

function readChange({ line, fields }: RawEntry, addenda: Addenda, entryClass: string | undefined): AchChange {
  const { changeCode = '', originalTrace = '' } = readRecord('changeAddenda', addenda.text, addenda.line);
  if (!/^C\d{2}$/.test(changeCode)) throw unreadable(`/line/${addenda.line}/changeCode`, 'must be C and two digits');
  if (entryClass !== 'COR') throw unreadable(`/line/${line}`, 'is a notice outside of a batch of class COR');
  if (BigInt(fields['amount'] ?? 0) !== 0n)
    throw unreadable(`/line/${line}/amount`, 'must be zero: a notice moves no money');
  return { place: `/line/${line}`, originalTrace, changeCode, bankReference: fields['traceNumber'] ?? '' };
}
