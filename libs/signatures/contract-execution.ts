import { Injectable } from '@nestjs/common';
import { signedStart } from '../agreements/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { DocumentStore } from '../documents/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { Clock } from '../kernel/clock.js';
import { systemActor } from '../orchestration/actor.js';
import { signature, type EnvelopeStatus, type SignatureInput } from '../orchestration/signature.js';
import { Outbox } from '../outbox/index.js';
import { renderEvidence, sealFields, SealKeyUnavailable, SealService, verifyContract } from '../seals/index.js';
import { newestDocument, type EnvelopeRow } from './envelope-rows.js';
import { EnvelopeSealer } from './envelope-sealer.js';
import { EnvelopesService } from './envelopes.service.js';
import { EvidenceWriter } from './evidence-writer.js';
import { SealBlocks } from './seal-blocks.js';

/** The end of a contract's way: its evidence certificate, its execution, copies for all, and a time-stamp that came late. */
@Injectable()
export class ContractExecution {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly documents: DocumentStore,
    private readonly seals: SealService,
    private readonly sealer: EnvelopeSealer,
    private readonly evidence: EvidenceWriter,
    private readonly envelopes: EnvelopesService,
    private readonly blocks: SealBlocks,
  ) {}

  /**
   * Renders, seals, checks and stores the evidence certificate; nothing where it is there.
   * @throws SealKeyUnavailable, worth a retry; DomainError `seal-unverified`, which a person looks into
   */
  async certify(envelopeId: string): Promise<EnvelopeStatus> {
    const row = await this.envelopes.get(envelopeId);
    if (row.state === 'sealing' && row.certificate_sha256 === null) {
      const hash = await this.makeCertificate(row);
      await this.database.inTransaction((tx) => this.setCertificate(tx, envelopeId, hash, {}));
    }
    return this.envelopes.status(envelopeId);
  }

  /**
   * The contract is executed: in force from the last countersignature on, a change from its day where that is later. Copies go to all who signed; a missing time-stamp is waited for
   * by a run of its own.
   */
  async execute(envelopeId: string): Promise<EnvelopeStatus> {
    await this.database.inTransaction(async (tx) => {
      const row = await this.envelopes.lock(tx, envelopeId);
      if (row.state === 'executed') return;
      if (row.verified_at === null) throw new DomainError('seal-unverified', 'the contract was not verified');
      const at = this.clock.now();
      const set = { executed_at: at, seal_blocked: null, seal_blocked_at: null };
      const facts = {
        documentHash: newestDocument(row),
        certificateHash: row.certificate_sha256,
        inForceFrom: (await this.beginning(tx, row)).toISOString(),
      };
      await this.envelopes.move(tx, row, { ...systemActor, action: 'execute', facts, set }, at);
      await this.mailCopies(tx, row, 'contract-executed');
      if (row.timestamp_pending) await this.startTimestamp(tx, row);
    });
    return this.envelopes.status(envelopeId);
  }

  /** From when the contract's terms apply: a change that names a later day waits for it. */
  private async beginning(tx: Transaction, row: EnvelopeRow): Promise<Date> {
    const sql = `select wanted_from from agreement_amendments where negotiation_id = $1`;
    const amendment = await rowOf<{ wanted_from: Date | null }>(tx, sql, [row.negotiation_id]);
    return signedStart(amendment?.wanted_from ?? null, inForceFrom(row));
  }

  /**
   * The time-stamp of an executed contract, and the certificate that tells of it.
   * @throws TimestampUnavailable, SealKeyUnavailable, both worth a retry; DomainError `seal-unverified`
   */
  async completeTimestamp(envelopeId: string): Promise<EnvelopeStatus> {
    const pending = await this.envelopes.get(envelopeId);
    if (pending.timestamp_pending) {
      await this.sealer.addTimestamp(envelopeId);
      const hash = await this.makeCertificate(await this.envelopes.get(envelopeId));
      await this.database.inTransaction(async (tx) => {
        const row = await this.envelopes.lock(tx, envelopeId);
        if (!row.timestamp_pending) return;
        const set = { timestamp_pending: false, seal_blocked: null, seal_blocked_at: null };
        await this.setCertificate(tx, envelopeId, hash, set);
        await this.mailCopies(tx, row, 'contract-timestamped');
      });
    }
    return this.envelopes.status(envelopeId);
  }

  private async makeCertificate(row: EnvelopeRow): Promise<string> {
    const { document, at } = await this.evidence.write(row);
    const pdf = await renderEvidence(document);
    const request = {
      field: sealFields.company,
      name: 'Pactline',
      reason: 'Evidence of how the contract was signed',
      at,
    };
    const bytes = await this.sealed(row, () => this.seals.seal(pdf, request));
    await this.refuseUnverified(row, bytes);
    const certificate = { kind: 'evidence_certificate', mediaType: 'application/pdf', bytes } as const;
    return this.documents.put(row.program_id, certificate);
  }

  private async sealed(row: EnvelopeRow, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SealKeyUnavailable) await this.blocks.block(row.id, 'key_unavailable', { step: 'certify' });
      throw error;
    }
  }

  /** Holds the certificate against the contract as whoever checks the two offline will: nobody is handed what would not pass. */
  private async refuseUnverified(row: EnvelopeRow, evidence: Uint8Array): Promise<void> {
    const contract = await this.documents.get(row.program_id, newestDocument(row)!);
    const report = verifyContract(contract.bytes, {
      evidence,
      trusted: await this.seals.trustedCertificates(),
      timestampAuthorities: await this.seals.timestampAuthorities(),
    });
    if (!report.valid) await this.blocks.quarantine(row.id, 'certify', report.findings);
  }

  private async setCertificate(
    tx: Transaction,
    envelopeId: string,
    hash: string,
    set: Partial<EnvelopeRow>,
  ): Promise<void> {
    const row = await this.envelopes.lock(tx, envelopeId);
    if (row.certificate_sha256 === hash && set.timestamp_pending === undefined) return;
    await this.envelopes.update(tx, envelopeId, { ...set, certificate_sha256: hash });
    await this.envelopes.note(tx, row, {
      ...systemActor,
      name: 'certify',
      type: 'certified',
      data: { certificateHash: hash },
    });
  }

  private async mailCopies(tx: Transaction, row: EnvelopeRow, template: string): Promise<void> {
    for (const { id, person_id: personId, role, state, link_generation: generation } of row.recipients) {
      if (state !== 'signed') continue;
      const to = personId === null ? { role: role ?? 'legal' } : { personId };
      const details = { recipientId: id, generation };
      await this.outbox.mail(tx, row.program_id, { template, subjectId: row.id, to, details });
    }
  }

  private startTimestamp(tx: Transaction, row: EnvelopeRow): Promise<void> {
    const { type, taskQueue } = signature;
    const input: SignatureInput = {
      programId: row.program_id,
      applicationId: row.application_id,
      negotiationId: row.negotiation_id,
      partnerId: row.partner_id,
      envelopeId: row.id,
      task: 'timestamp',
    };
    const workflowId = signature.timestampWorkflowId(row.negotiation_id);
    return this.outbox.startWorkflow(tx, row.program_id, { type, taskQueue, workflowId, input });
  }
}

/** The instant that the contract's terms count from: the last countersignature, unless a rehearsal dated it back. */
export function inForceFrom(row: Pick<EnvelopeRow, 'effective_from' | 'countersigned_at' | 'state_since'>): Date {
  return row.effective_from ?? row.countersigned_at ?? row.state_since;
}
