import { Injectable } from '@nestjs/common';
import { NegotiationsService, type NegotiationRow } from '../agreements/index.js';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { contractLanguage, documentTemplateVersion, DocumentStore, renderContract } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Language } from '../kernel/language.js';
import { sha256 } from '../kernel/sha256.js';
import { systemActor } from '../orchestration/actor.js';
import type { EnvelopeStatus, SignatureInput } from '../orchestration/signature.js';
import { Outbox } from '../outbox/index.js';
import { CapabilityLinks } from '../platform/index.js';
import { consentIn, ProgramsService, type Program } from '../programs/index.js';
import type { AuthenticationMethod, Party } from './domain/index.js';
import { ContractInputs } from './contract-inputs.js';
import { EnvelopeLog } from './envelope-log.js';
import { EnvelopesService } from './envelopes.service.js';
import { NamedSigners } from './named-signers.js';
import { maySend } from './signing-permission.js';

interface NewRecipient {
  party: Party;
  place: number;
  personId: string | null;
  role: string | null;
  subjectId: string | null;
  title: string | null;
  authentication: AuthenticationMethod;
  accessCodeHash: string | null;
}

/** Makes envelopes: who signs, then the contract itself, frozen by its hash. */
@Injectable()
export class EnvelopeDrafts {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly log: EnvelopeLog,
    private readonly links: CapabilityLinks,
    private readonly programs: ProgramsService,
    private readonly negotiations: NegotiationsService,
    private readonly inputs: ContractInputs,
    private readonly documents: DocumentStore,
    private readonly signers: NamedSigners,
    private readonly envelopes: EnvelopesService,
  ) {}

  /**
   * One envelope per negotiation that counts: run again, it answers with the one that was made. Null where the contract may not be sent
   * any more.
   */
  async draft(input: SignatureInput): Promise<EnvelopeStatus | null> {
    const made = await this.envelopes.ofNegotiation(input.negotiationId);
    if (made) return this.envelopes.status(made.id);
    const program = await this.programs.get(input.programId);
    const termsHash = agreedHash(await this.negotiations.get(input.negotiationId));
    const id = await this.database.inTransaction(async (tx) => {
      if (!(await maySend(tx, input, this.clock.now()))) return null;
      await tx.query(`select 1 from negotiations where id = $1 for update`, [input.negotiationId]);
      const other = await this.envelopes.ofNegotiation(input.negotiationId, tx);
      return other?.id ?? (await this.insert(tx, input, program, termsHash));
    });
    return id === null ? null : this.envelopes.status(id);
  }

  /** Renders the contract, stores it, and binds the envelope to its hash; nothing where that is done. */
  async freeze(envelopeId: string): Promise<EnvelopeStatus> {
    const row = await this.envelopes.get(envelopeId);
    if (row.state !== 'draft') return this.envelopes.status(envelopeId);
    const program = await this.programs.get(row.program_id, row.program_version ?? undefined);
    const bytes = await renderContract(await this.inputs.of(row));
    const documentHash = await this.documents.put(row.program_id, {
      kind: 'contract',
      mediaType: 'application/pdf',
      bytes,
    });
    await this.database.inTransaction(async (tx) => {
      const draft = await this.envelopes.lock(tx, envelopeId);
      // Whoever signs in another's place since the contract was rendered has to stand in it: it is rendered anew.
      if (draft.state !== 'draft' || draft.revision !== row.revision) return;
      const consent = consentIn(program.document.signature.consent, row.language);
      const consentHash = sha256(consent.text);
      const facts = {
        termsHash: row.terms_hash,
        documentHash,
        programVersion: program.version,
        language: row.language,
        templateVersion: documentTemplateVersion,
        consentVersion: consent.version,
        consentText: consent.text,
        consentHash,
      };
      const set = {
        document_sha256: documentHash,
        template_version: documentTemplateVersion,
        consent_hash: consentHash,
      };
      await this.envelopes.move(tx, draft, { ...systemActor, action: 'freeze', facts, set });
    });
    return this.envelopes.status(envelopeId);
  }

  private async insert(tx: Transaction, input: SignatureInput, program: Program, termsHash: string): Promise<string> {
    const { programId, applicationId, negotiationId, partnerId, purpose = 'initial', agreementId = null } = input;
    const { signature } = program.document;
    const id = newId('env');
    const now = this.clock.now();
    const before = await rowOf<{ id: string; number: number }>(
      tx,
      `select id, number from envelopes where negotiation_id = $1 order by number desc limit 1`,
      [negotiationId],
    );
    const facts = await rowOf<{ person_id: string; language: Language; effective_from: Date | null }>(
      tx,
      `select p.person_id, h.language, a.effective_from from partners p join persons h on h.id = p.person_id
         join applications a on a.id = p.application_id where p.id = $1`,
      [partnerId],
    );
    if (!facts) throw new DomainError('not-found', `no partner ${partnerId}`);
    const language = contractLanguage(facts.language, program.document.contract.languages);
    const effectiveFrom = purpose === 'initial' ? facts.effective_from : null;
    await tx.query(
      `insert into envelopes (id, program_id, application_id, negotiation_id, partner_id, number, purpose, agreement_id, program_version,
         provider, language, state, terms_hash, consent_version, effective_from, created_at, state_since)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'draft', $12, $13, $14, $15, $15)`,
      [
        ...[id, programId, applicationId, negotiationId, partnerId, (before?.number ?? 0) + 1, purpose, agreementId],
        ...[program.version, signature.provider, language, termsHash, signature.consent.version, effectiveFrom, now],
      ],
    );
    const recipients = before
      ? await recipientsOf(tx, before.id)
      : await this.recipients(tx, input, program, facts.person_id);
    const ids = await this.insertRecipients(tx, programId, id, recipients);
    const { actorId } = systemActor;
    const listed = recipients.map(({ party, place, role, authentication }, index) => ({
      recipientId: ids[index],
      party,
      place,
      role,
      authentication,
    }));
    const data = { termsHash, number: (before?.number ?? 0) + 1, recipients: listed, supersedes: before?.id ?? null };
    await this.log.append(tx, { programId, envelopeId: id, type: 'draft', actorId, data, at: now });
    const details = { termsHash, recipients: recipients.length };
    await this.audit.record(tx, {
      actorId,
      programId,
      action: 'envelope.draft',
      subjectId: id,
      toState: 'draft',
      details,
    });
    await this.outbox.announce(tx, programId, { type: 'envelope.draft', subjectId: id });
    return id;
  }

  private async recipients(
    tx: Transaction,
    { programId, negotiationId }: SignatureInput,
    { document }: Program,
    applicantId: string,
  ): Promise<NewRecipient[]> {
    const { companySigners, authentication } = document.signature;
    const named = await this.signers.list(negotiationId, tx);
    const partner = [{ personId: applicantId, title: null }, ...named].map(({ personId, title }, index) => ({
      ...{ party: 'partner' as const, place: index + 1, personId, title, role: null, subjectId: null },
      ...{ authentication: authentication.method, accessCodeHash: null },
    }));
    const company: NewRecipient[] = [];
    for (const [index, signer] of companySigners.signers.entries()) {
      // The company's people prove who they are by their bearer tokens.
      const place = {
        party: 'company' as const,
        place: index + 1,
        authentication: 'link' as const,
        accessCodeHash: null,
      };
      if ('role' in signer) {
        company.push({ ...place, personId: null, role: signer.role, subjectId: null, title: null });
        continue;
      }
      const personId = newId('per');
      const person = [personId, programId, signer.name, signer.email];
      await tx.query(`insert into persons (id, program_id, name, email) values ($1, $2, $3, $4)`, person);
      company.push({ ...place, personId, role: null, subjectId: signer.subjectId, title: signer.title ?? null });
    }
    return [...partner, ...company];
  }

  private async insertRecipients(
    tx: Transaction,
    programId: string,
    envelopeId: string,
    recipients: readonly NewRecipient[],
  ): Promise<string[]> {
    const ids: string[] = [];
    for (const recipient of recipients) {
      const { party, place, personId, role, subjectId, title, authentication, accessCodeHash } = recipient;
      const id = newId('rcp');
      const link = party === 'partner' ? this.links.signingHash(id, 1) : null;
      await tx.query(
        `insert into envelope_recipients (id, program_id, envelope_id, party, place, person_id, role, subject_id, title, authentication,
           access_code_hash, state, link_hash, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', $12, $13)`,
        [
          ...[
            id,
            programId,
            envelopeId,
            party,
            place,
            personId,
            role,
            subjectId,
            title,
            authentication,
            accessCodeHash,
          ],
          ...[link, this.clock.now()],
        ],
      );
      ids.push(id);
    }
    return ids;
  }
}

/** Those who sign the envelope that this one takes the place of, as they are now. */
async function recipientsOf(tx: Transaction, envelopeId: string): Promise<NewRecipient[]> {
  const sql = `select party, place, person_id as "personId", role, subject_id as "subjectId", title, authentication, null as "accessCodeHash"
    from envelope_recipients where envelope_id = $1 and state <> 'delegated' order by party desc, place, id`;
  return rowsOf<NewRecipient>(tx, sql, [envelopeId]);
}

function agreedHash(negotiation: NegotiationRow): string {
  if (negotiation.agreed_hash !== null) return negotiation.agreed_hash;
  throw new DomainError('illegal-transition', `negotiation ${negotiation.id} has no agreed terms`);
}
