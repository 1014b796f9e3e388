import { Injectable } from '@nestjs/common';
import { NegotiationsService, TermsDocuments, type NegotiationRow } from '../agreements/index.js';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { DocumentStore, renderContract, type KeptDocument } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { newId } from '../kernel/ids.js';
import { systemActor } from '../orchestration/actor.js';
import type { SentEnvelope, SignatureInput } from '../orchestration/signature.js';
import { Outbox } from '../outbox/index.js';
import { ApplicationsService } from '../partners/index.js';
import { CapabilityLinks } from '../platform/index.js';
import { ProgramsService, type Program } from '../programs/index.js';
import { EnvelopeLog } from './envelope-log.js';
import { EnvelopesService, type EnvelopeRow } from './envelopes.service.js';

interface Contract {
  program: Program;
  termsHash: string;
  document: KeptDocument;
  effectiveFrom: Date | null;
}

/** Makes the contract of agreed terms, freezes it by its hash and sends it for signature. */
@Injectable()
export class EnvelopeSender {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly log: EnvelopeLog,
    private readonly links: CapabilityLinks,
    private readonly programs: ProgramsService,
    private readonly applications: ApplicationsService,
    private readonly negotiations: NegotiationsService,
    private readonly terms: TermsDocuments,
    private readonly documents: DocumentStore,
    private readonly envelopes: EnvelopesService,
  ) {}

  /**
   * One envelope per negotiation: run again, it answers with the one that was sent. Null where the application ended
   * before: nothing is sent then.
   */
  async send(input: SignatureInput): Promise<SentEnvelope | null> {
    const program = await this.programs.get(input.programId);
    const sent = await this.envelopes.ofNegotiation(input.negotiationId);
    if (sent) return toSent(sent, program);
    const contract = await this.render(input, program);
    return this.database.inTransaction(async (tx) => {
      const application = await this.applications.lock(tx, input.applicationId);
      if (application.stage !== 'approved') return null;
      await this.documents.record(tx, input.programId, contract.document);
      await this.freeze(tx, input, contract);
      return toSent((await this.envelopes.ofNegotiation(input.negotiationId, tx))!, program);
    });
  }

  private async render(input: SignatureInput, program: Program): Promise<Contract> {
    const negotiation = await this.negotiations.get(input.negotiationId);
    const termsHash = agreedHash(negotiation);
    const application = await this.applications.get(input.applicationId);
    const person = await this.personName(application.person_id);
    const terms = await this.terms.get(input.programId, termsHash);
    const { effective_from: effectiveFrom, company } = application;
    const bytes = await renderContract({
      terms,
      termsHash,
      programName: program.document.name,
      company: program.document.company,
      partner: { name: person, ...(company === null ? {} : { company }) },
      effective: effectiveFrom === null ? { kind: 'on-countersignature' } : { kind: 'on', at: effectiveFrom },
      // The instant of agreement, not of rendering: a repeat gives the same bytes.
      createdAt: negotiation.state_since,
    });
    const document = await this.documents.keep({ kind: 'contract', mediaType: 'application/pdf', bytes });
    return { program, termsHash, document, effectiveFrom };
  }

  private async freeze(tx: Transaction, input: SignatureInput, contract: Contract): Promise<void> {
    const { programId, applicationId, negotiationId, partnerId } = input;
    const { program, termsHash, effectiveFrom } = contract;
    const documentHash = contract.document.hash;
    const { consent, expiresAfter } = program.document.signature;
    const id = newId('env');
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + elapsedMs(expiresAfter));
    const made = await rowOf<{ id: string }>(
      tx,
      `insert into envelopes (id, program_id, application_id, negotiation_id, partner_id, state, awaiting, terms_hash, document_sha256,
         consent_version, link_hash, effective_from, expires_at, created_at, state_since)
       values ($1, $2, $3, $4, $5, 'sent', 'partner', $6, $7, $8, $9, $10, $11, $12, $12)
       on conflict (negotiation_id) do nothing returning id`,
      [
        ...[id, programId, applicationId, negotiationId, partnerId, termsHash, documentHash, consent.version],
        ...[CapabilityLinks.hash(this.links.token('signing', id)), effectiveFrom, expiresAt, now],
      ],
    );
    if (!made) return;
    const { actorId } = systemActor;
    const facts = {
      termsHash,
      documentHash,
      programVersion: program.version,
      consentVersion: consent.version,
      consentText: consent.text,
    };
    await this.log.append(tx, { programId, envelopeId: id, type: 'frozen', actorId, data: facts });
    await this.log.append(tx, {
      programId,
      envelopeId: id,
      type: 'sent',
      actorId,
      data: { expiresAt: expiresAt.toISOString() },
    });
    await this.audit.record(tx, {
      actorId,
      programId,
      action: 'envelope.send',
      subjectId: id,
      toState: 'sent',
      details: { documentHash },
    });
    await this.outbox.announce(tx, programId, { type: 'envelope.sent', subjectId: id });
    const { person_id: personId } = await this.envelopes.get(id, tx);
    await this.outbox.mail(tx, programId, { template: 'signature-requested', subjectId: id, to: { personId } });
  }

  private async personName(personId: string): Promise<string> {
    const [row] = await this.database.query<{ name: string | null }>(`select name from persons where id = $1`, [
      personId,
    ]);
    if (!row?.name) throw new DomainError('not-found', 'the applicant was erased');
    return row.name;
  }
}

function agreedHash(negotiation: NegotiationRow): string {
  if (negotiation.agreed_hash !== null) return negotiation.agreed_hash;
  throw new DomainError('illegal-transition', `negotiation ${negotiation.id} has no agreed terms`);
}

function toSent(row: EnvelopeRow, { document }: Program): SentEnvelope {
  return {
    envelopeId: row.id,
    state: row.state,
    documentHash: row.document_sha256,
    expiresAtMs: row.expires_at.getTime(),
    remindEveryMs: elapsedMs(document.signature.remindEvery),
    maxReminders: document.signature.maxReminders,
  };
}
