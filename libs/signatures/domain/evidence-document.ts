import { z } from 'zod';
import type { ChainedFact } from './evidence-chain.js';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime();
const id = z.string().min(1).max(200);
const text = z.string().max(20_000);
const line = z.string().max(500);
const party = z.enum(['partner', 'company']);

const signer = z.strictObject({
  id,
  party,
  /** The place in the order of signing, from 1; those who sign side by side share one. */
  place: z.int().min(1).max(100),
  name: line,
  /** Absent where the account of a signer of the company has none. */
  email: line.optional(),
  title: line.optional(),
  /** How it was made sure who signs. `target` is masked: what a code was sent to. */
  authentication: z.strictObject({ method: line, target: line, result: line, attempts: z.int().min(0).max(10_000) }),
  /** When a signer of the partner was shown the document, and agreed to sign it electronically. */
  viewedAt: instant.optional(),
  consentedAt: instant.optional(),
  signedAt: instant,
  typedName: line,
  /** What stands for the signature: `typed`, or the SHA-256 of what was drawn. */
  mark: line,
  ipAddress: line,
  userAgent: z.string().max(2_000),
  /** IANA, as the signer's browser told it. */
  timeZone: line.optional(),
  /** SHA-256 of the revision that was shown and signed. */
  documentHash: hash,
});

const fact = z.strictObject({
  envelopeId: id,
  number: z.int().min(1),
  type: line,
  at: z.string().max(40),
  /** The subject of a token may have 255 characters. */
  actorId: z.string().max(255),
  data: z.record(z.string(), z.unknown()),
  previousHash: hash,
  hash,
});

/**
 * All that proves how a contract came to be signed, as `evidence.json` in the evidence certificate holds it. Versions of
 * documents by the SHA-256 of their bytes: `d0` as agreed, `d1` with the partner's seal, `d2` with the company's, `d3`
 * with a time-stamp.
 */
export const evidenceDocumentSchema = z.strictObject({
  schema: z.literal('pactline.evidence/1'),
  envelopeId: id,
  programId: id,
  partnerId: id,
  /** Names for people: the program, the company and the partner as the contract names them. */
  title: line,
  company: line,
  partner: line,
  termsHash: hash,
  /** The contract's language. */
  language: z.enum(['en', 'id', 'ar']),
  /** The version of the clause library that the contract was written with. */
  templateVersion: line,
  documents: z.strictObject({ d0: hash, d1: hash, d2: hash, d3: hash.optional() }),
  consent: z.strictObject({ version: line, text, hash }),
  signers: z.array(signer).min(2).max(100),
  seals: z
    .array(
      z.strictObject({
        party,
        field: line,
        certificateSha256: hash,
        algorithm: line,
        /** SHA-256 of the revision that the seal made. */
        documentHash: hash,
      }),
    )
    .min(2)
    .max(2),
  deliveries: z
    .array(
      z.strictObject({
        recipient: line,
        /** Masked. */
        address: line,
        what: line,
        state: line,
        at: instant,
      }),
    )
    .max(1_000),
  /** The whole log of the envelope. */
  events: z.array(fact).min(1).max(20_000),
  /** The last fact of the log. */
  head: z.strictObject({ number: z.int().min(1), hash }),
  /** How signing works here, in plain words. */
  process: text,
});

export type EvidenceDocument = Omit<z.infer<typeof evidenceDocumentSchema>, 'events'> & { events: ChainedFact[] };
export type EvidenceSigner = EvidenceDocument['signers'][number];
