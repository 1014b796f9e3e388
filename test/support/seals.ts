import { renderContract } from '../../libs/documents/index.js';
import { LocalSealKey, makeSelfSignedKey, sealFields, sealPdf } from '../../libs/seals/index.js';
import { contractInput } from './documents.js';

export const sealTime = new Date('2026-03-01T10:00:00Z');

/** A key made for this process; keys take a while to make. */
export const testKeyPem = makeSelfSignedKey({
  commonName: 'Crescent Records Ltd.',
  notBefore: new Date('2025-01-01T00:00:00Z'),
  notAfter: new Date('2060-01-01T00:00:00Z'),
  modulusBits: 2048,
});

export const testKey = LocalSealKey.fromPem(testKeyPem.privateKey + testKeyPem.certificate);

/** A contract before anybody signed it: the document model's D0. */
export function unsealedContract(): Promise<Uint8Array> {
  return renderContract(contractInput());
}

/** The contract with the partner's seal (D1), and with the company's after it (D2). */
export async function sealTwice(document: Uint8Array, key = testKey): Promise<{ d1: Buffer; d2: Buffer }> {
  const name = 'Crescent Records Ltd.';
  const d1 = await sealPdf(
    document,
    { field: sealFields.partner, name, reason: 'The partner signed', at: sealTime },
    key,
  );
  const d2 = await sealPdf(d1, { field: sealFields.company, name, reason: 'The company signed', at: sealTime }, key);
  return { d1, d2 };
}
