import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/index.js';
import { DocumentStore } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { systemActor } from '../orchestration/actor.js';
import type { EnvelopeStatus } from '../orchestration/signature.js';
import { sealFields, SealKeyUnavailable, SealService, TimestampUnavailable, verifyContract } from '../seals/index.js';
import type { Party } from './domain/index.js';
import type { EnvelopeRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';
import { SealBlocks } from './seal-blocks.js';

const unblocked = { seal_blocked: null, seal_blocked_at: null } as const;

/** A sealed revision: its bytes are stored under the hash before anything is said of it. */
interface Sealed {
  hash: string;
  /** SHA-256 of the certificate that the seal was made with. */
  certificateSha256: string;
}

/**
 * Makes the seals (signing.md, Document model). Each step stores its revision by content before the row names it; the instant in it is
 * that of the act, so that a repeat gives the same bytes and finds them there.
 */
@Injectable()
export class EnvelopeSealer {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly documents: DocumentStore,
    private readonly seals: SealService,
    private readonly envelopes: EnvelopesService,
    private readonly blocks: SealBlocks,
  ) {}

  /**
   * D0 → D1, after the last signature of the partner; the company's turn begins.
   * @throws SealKeyUnavailable, worth a retry; DomainError `seal-unverified`, which a person looks into
   */
  async sealPartner(envelopeId: string): Promise<EnvelopeStatus> {
    const row = await this.envelopes.get(envelopeId);
    if (row.state !== 'partner_signed') return this.envelopes.status(envelopeId);
    const sealed = row.is_sealable
      ? await this.seal(row, 'partner', row.document_sha256!, row.partner_signed_at ?? row.state_since)
      : undefined;
    const { countersignWithin } = await this.envelopes.settings(row);
    await this.database.inTransaction(async (tx) => {
      const now = await this.envelopes.lock(tx, envelopeId);
      if (now.state !== 'partner_signed') return;
      const at = this.clock.now();
      const postponed = postponedExpiry(now, at);
      const set = {
        ...unblocked,
        ...(postponed && { expires_at: postponed, expiry_warned_at: null }),
        partner_sealed_sha256: sealed?.hash ?? null,
        countersign_due_at: new Date(at.getTime() + elapsedMs(countersignWithin)),
      };
      const facts = {
        ...(sealed ? this.factsOf('partner', sealed) : { documentHash: row.document_sha256 }),
        ...(postponed && { expiresAt: postponed.toISOString() }),
      };
      await this.envelopes.move(tx, now, { ...systemActor, action: 'seal_partner', facts, set }, at);
    });
    return this.envelopes.status(envelopeId);
  }

  /** D1 → D2, after the last countersignature, and the check of the whole. @throws as `sealPartner` */
  async sealCompany(envelopeId: string): Promise<EnvelopeStatus> {
    const row = await this.beginSealing(envelopeId);
    if (row.state !== 'sealing' || row.verified_at !== null) return this.envelopes.status(envelopeId);
    const sealed = row.is_sealable
      ? await this.seal(row, 'company', row.partner_sealed_sha256!, row.countersigned_at ?? row.state_since)
      : undefined;
    // What has no fields for seals is what its hash says, or reading it fails.
    if (!sealed) await this.documents.get(row.program_id, row.document_sha256!);
    await this.database.inTransaction(async (tx) => {
      const now = await this.envelopes.lock(tx, envelopeId);
      if (now.verified_at !== null) return;
      const set = { ...unblocked, sealed_sha256: sealed?.hash ?? null, verified_at: this.clock.now() };
      await this.envelopes.update(tx, envelopeId, set);
      const data = sealed ? this.factsOf('company', sealed) : { documentHash: row.document_sha256 };
      await this.envelopes.note(tx, now, { ...systemActor, name: 'seal', type: 'sealed', data });
    });
    return this.envelopes.status(envelopeId);
  }

  /** D2 → D3, one attempt at each authority: without an answer the contract goes on and its time-stamp follows. */
  async timestamp(envelopeId: string): Promise<EnvelopeStatus> {
    try {
      await this.addTimestamp(envelopeId);
    } catch (error) {
      if (!(error instanceof TimestampUnavailable)) throw error;
      await this.markPending(envelopeId);
    }
    return this.envelopes.status(envelopeId);
  }

  /**
   * Adds the time-stamp where it is missing. Local time never stands in for a token.
   * @throws TimestampUnavailable, SealKeyUnavailable (the seals cannot be checked without its certificate), both worth a retry;
   *   DomainError `seal-unverified`
   */
  async addTimestamp(envelopeId: string): Promise<void> {
    const row = await this.envelopes.get(envelopeId);
    if (row.timestamped_sha256 !== null || row.sealed_sha256 === null) return;
    await this.withKey(row.id, 'timestamp', () => this.refuseMissingKey());
    const { bytes } = await this.documents.get(row.program_id, row.sealed_sha256);
    const stamped = await this.seals.timestamp(bytes);
    const report = verifyContract(stamped, {
      trusted: await this.seals.trustedCertificates(),
      timestampAuthorities: await this.seals.timestampAuthorities(),
    });
    if (!report.valid) return this.blocks.quarantine(row.id, 'timestamp', report.findings);
    const hash = await this.store(row, stamped);
    await this.database.inTransaction(async (tx) => {
      const now = await this.envelopes.lock(tx, envelopeId);
      if (now.timestamped_sha256 !== null) return;
      await this.envelopes.update(tx, envelopeId, { timestamped_sha256: hash });
      const act = { ...systemActor, name: 'timestamp', type: 'timestamped' as const, data: { documentHash: hash } };
      await this.envelopes.note(tx, now, act);
    });
  }

  private async beginSealing(envelopeId: string): Promise<EnvelopeRow> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.envelopes.lock(tx, envelopeId);
      if (row.state !== 'countersigned') return row;
      return this.envelopes.move(tx, row, { ...systemActor, action: 'begin_sealing' });
    });
  }

  private async markPending(envelopeId: string): Promise<void> {
    await this.database.inTransaction(async (tx: Transaction) => {
      const row = await this.envelopes.lock(tx, envelopeId);
      if (row.timestamp_pending || row.timestamped_sha256 !== null) return;
      await this.envelopes.update(tx, envelopeId, { timestamp_pending: true });
      const data = { documentHash: row.sealed_sha256 };
      await this.envelopes.note(tx, row, { ...systemActor, name: 'await_timestamp', type: 'timestamp_pending', data });
    });
  }

  private async seal(row: EnvelopeRow, party: Party, from: string, at: Date): Promise<Sealed> {
    const { bytes } = await this.documents.get(row.program_id, from);
    const names = row.recipients.filter((each) => each.party === party && each.state === 'signed').map(signerName);
    const request = {
      field: sealFields[party],
      name: `Pactline for the ${party}`,
      reason: `Signed by ${names.join(', ')}`,
      at,
    };
    const sealed = await this.withKey(row.id, party, () => this.seals.seal(bytes, request));
    const fields = party === 'partner' ? [sealFields.partner] : [sealFields.partner, sealFields.company];
    const report = verifyContract(sealed, { fields, trusted: await this.seals.trustedCertificates() });
    const isTheSame = report.documents.d0 === row.document_sha256 && report.termsHash.attached === row.terms_hash;
    if (!report.valid || !isTheSame) {
      const findings = report.valid ? [{ code: 'other-contract' }] : report.findings;
      await this.blocks.quarantine(row.id, party, findings);
    }
    const certificate = report.seals.find(({ field }) => field === sealFields[party])?.certificate;
    return { hash: await this.store(row, sealed), certificateSha256: certificate!.sha256 };
  }

  /** Without the key's certificate every seal looks like a stranger's. */
  private async refuseMissingKey(): Promise<void> {
    const { state } = await this.seals.health(this.clock.now());
    if (state === 'missing') throw new SealKeyUnavailable('the seal key is missing');
  }

  private async withKey<Result>(envelopeId: string, step: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SealKeyUnavailable) await this.blocks.block(envelopeId, 'key_unavailable', { step });
      throw error;
    }
  }

  private store(row: EnvelopeRow, bytes: Uint8Array): Promise<string> {
    return this.documents.put(row.program_id, { kind: 'contract_sealed', mediaType: 'application/pdf', bytes });
  }

  private factsOf(party: Party, { hash, certificateSha256 }: Sealed): Record<string, unknown> {
    return { party, field: sealFields[party], documentHash: hash, certificateSha256, algorithm: 'RSA-SHA256' };
  }
}

/**
 * The expiry of an envelope whose partner's seal was kept waiting, by a missing key or until the expiry had passed: what was left at the
 * last signature of the partner is left for the company, since nobody who has still to act could do so before. Undefined for others.
 */
function postponedExpiry(row: EnvelopeRow, at: Date): Date | undefined {
  const { expires_at: expiresAt, partner_signed_at: signedAt, seal_blocked: blocked } = row;
  if (expiresAt === null || signedAt === null || (blocked === null && at < expiresAt)) return undefined;
  return new Date(Math.max(expiresAt.getTime(), at.getTime() + expiresAt.getTime() - signedAt.getTime()));
}

function signerName({
  name,
  role,
  acted_by: actedBy,
}: {
  name: string | null;
  role: string | null;
  acted_by: string | null;
}): string {
  return name ?? `${role ?? 'signer'} (${actedBy ?? 'unknown'})`;
}
