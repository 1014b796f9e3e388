import { randomFillSync } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';

/** The prefixes of our ids; a reader of a log or a URL sees at once what kind of thing an id names. */
export type IdPrefix =
  | 'prg' // program
  | 'per' // person
  | 'app' // application
  | 'ref' // reference of an application
  | 'att' // attachment of an application
  | 'inf' // request for information
  | 'msg' // question or answer of a request for information
  | 'prt' // partner
  | 'neg' // negotiation
  | 'prp' // proposal: one version of the terms in a negotiation
  | 'tpl' // template of terms
  | 'apv' // internal approval of a move in a negotiation
  | 'cmt' // comment on a negotiation
  | 'sim' // simulation of terms over events
  | 'env' // envelope
  | 'rcp' // recipient of an envelope
  | 'sgn' // signer named before an envelope is sent
  | 'ses' // session of a signer
  | 'rpt' // report of a signature provider
  | 'agr' // agreement
  | 'agv' // agreement version
  | 'trm' // termination: a notice that ends an agreement
  | 'amd' // amendment: a change of an agreement in force
  | 'rnw' // renewal: an offer of one more term
  | 'sus' // suspension of a partner, for one cause
  | 'dlv' // deliverable of a partner that was accepted
  | 'lnk' // link of a partner
  | 'cpn' // coupon code of a partner
  | 'clk' // click on a link of a partner
  | 'doc' // document
  | 'pyd' // version of a partner's payout details
  | 'tax' // version of a partner's tax profile
  | 'inv' // self-billing invoice or credit note
  | 'hit' // hit of the screening against sanctions
  | 'txn' // ledger transaction
  | 'bat' // payout batch
  | 'itm' // payout item
  | 'hld' // hold of what an event has earned
  | 'dsp' // dispute
  | 'wof' // write-off of what a partner owes
  | 'bin' // bank instruction: one payment of a bank file
  | 'bfl' // bank file
  | 'brp' // report of a bank
  | 'sca' // store credit account
  | 'scr' // store credit
  | 'rec' // reconciliation of a payout batch
  | 'rcn' // note on a reconciliation
  | 'key' // API key
  | 'evt' // domain event
  | 'aud' // audit fact
  | 'mal' // mail
  | 'whk' // webhook endpoint
  | 'whd' // webhook delivery
  | 'req'; // request

/** Random bytes for the next 256 ids: asking the system for each id's own takes ten times as long as all else of it. */
const randomPool = Buffer.alloc(256 * 16);
let poolOffset = randomPool.length;

function randomBytes(): Buffer {
  if (poolOffset === randomPool.length) {
    randomFillSync(randomPool);
    poolOffset = 0;
  }
  return randomPool.subarray(poolOffset, (poolOffset += 16));
}

/** The millisecond of the last id, and the counter that orders those of one millisecond (RFC 9562, section 6.2, method 1). */
const last = { msecs: -Infinity, seq: 0 };

/** A new opaque id: the prefix and a UUIDv7 in hexadecimal, so that ids sort in the order in which this process made them. */
export function newId(prefix: IdPrefix): string {
  const random = randomBytes();
  const now = Date.now();
  if (now > last.msecs) {
    last.msecs = now;
    // 31 random bits of the 32: room to count.
    last.seq = random.readUInt32BE(6) >>> 1;
  } else {
    last.seq += 1;
  }
  return `${prefix}_${uuidV7({ random, ...last }).replaceAll('-', '')}`;
}

/** Whether `text` has the form of an id with this prefix (says nothing about existence). */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.length === prefix.length + 33 && text.startsWith(`${prefix}_`) && /^[0-9a-f]{32}$/.test(text.slice(-32));
}
