import { z } from 'zod';

/** Of a file that is sent as the body; what comes as JSON is held by the limit for bodies. */
export const maxContractBytes = 5 * 1_048_576;

/** Three bytes are four characters. */
const document = z
  .base64()
  .min(1)
  .max(Math.ceil(maxContractBytes / 3) * 4);

export const verificationBody = z.strictObject({
  /** The contract's bytes. */
  contract: document,
  /** Those of the evidence certificate that belongs to it. */
  evidence: document.optional(),
});

const hash = z.string();
const hashes = z.object({ d0: hash.optional(), d1: hash.optional(), d2: hash.optional(), d3: hash.optional() });

const certificate = z.object({
  subject: z.string(),
  issuer: z.string(),
  serial: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  sha256: hash,
});

const seal = z.object({
  field: z.string(),
  name: z.string().optional(),
  reason: z.string().optional(),
  claimedAt: z.iso.datetime().optional(),
  certificate: certificate.optional(),
  coversRevision: z.boolean(),
  coversWholeFile: z.boolean(),
});

export const verificationReport = z.object({
  valid: z.boolean(),
  findings: z.array(z.object({ code: z.string(), message: z.string() })),
  seals: z.array(seal),
  timestamps: z.array(
    z.object({ field: z.string(), at: z.iso.datetime(), policy: z.string(), authority: certificate }),
  ),
  termsHash: z.object({ printed: hash.optional(), attached: hash.optional() }),
  documents: hashes,
  evidence: z
    .object({
      envelopeId: z.string(),
      termsHash: hash,
      documents: hashes,
      head: z.object({ number: z.int(), hash }),
      seal: seal.optional(),
    })
    .optional(),
});
