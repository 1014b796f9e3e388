import { Injectable } from '@nestjs/common';
import { NegotiationsService, TermsDocuments } from '../agreements/index.js';
import { Database } from '../database/index.js';
import type { Amends, ContractInput, SignerLine } from '../documents/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { ApplicationsService } from '../partners/index.js';
import { contractStyle, ProgramsService } from '../programs/index.js';
import type { Party } from './domain/index.js';
import type { EnvelopeRow, RecipientRow } from './envelope-rows.js';

/** What an envelope's contract is rendered from; the PDF and its text on the signer's page come from the same. */
@Injectable()
export class ContractInputs {
  constructor(
    private readonly database: Database,
    private readonly programs: ProgramsService,
    private readonly applications: ApplicationsService,
    private readonly negotiations: NegotiationsService,
    private readonly terms: TermsDocuments,
  ) {}

  /** The same for as long as the envelope is what it is. @throws DomainError `not-found` for an erased applicant */
  async of(row: EnvelopeRow): Promise<ContractInput> {
    const { document } = await this.programs.get(row.program_id, row.program_version ?? undefined);
    const { company, effective_from: effectiveFrom } = await this.applications.get(row.application_id);
    const applicant = row.recipients.find(({ party, person_id }) => party === 'partner' && person_id === row.person_id);
    const name = applicant?.name ?? (await this.personName(row.person_id));
    const printed = await this.printedRecipients(row);
    const { state_since: agreedAt } = await this.negotiations.get(row.negotiation_id);
    const amends = row.purpose === 'amendment' ? await this.amended(row) : undefined;
    return {
      terms: await this.terms.get(row.program_id, row.terms_hash),
      termsHash: row.terms_hash,
      programName: document.name,
      company: document.company,
      partner: { name, ...(company === null ? {} : { company }) },
      effective: effectiveFrom === null ? { kind: 'on-countersignature' } : { kind: 'on', at: effectiveFrom },
      ...(amends && { amends }),
      language: row.language,
      style: contractStyle(document),
      signers: {
        partner: lines(printed, 'partner', company ?? undefined),
        company: lines(printed, 'company', document.company),
      },
      // The instant of agreement, not of rendering: a repeat gives the same bytes.
      createdAt: agreedAt,
    };
  }

  /** Those whom the contract names: whoever was named in another's place after it was frozen does not stand in it. */
  private async printedRecipients({ id, recipients }: EnvelopeRow): Promise<RecipientRow[]> {
    const sql = `select d.data->>'delegateId' as id from envelope_events d
      join envelope_events f on f.envelope_id = d.envelope_id and f.type = 'frozen' and f.number < d.number
      where d.envelope_id = $1 and d.type = 'delegated'`;
    const later = new Set((await this.database.query<{ id: string }>(sql, [id])).map((delegate) => delegate.id));
    return recipients.filter(({ id: own, state, delegated_to: delegate }) => {
      return !later.has(own) && (state !== 'delegated' || (delegate !== null && later.has(delegate)));
    });
  }

  /** The version that the contract takes the place of, and from when it is to. */
  private async amended({ negotiation_id: negotiationId }: EnvelopeRow): Promise<Amends> {
    const [amends] = await this.database.query<Amends>(
      `select v.version, v.terms_hash as "termsHash", m.wanted_from as "effectiveFrom" from agreement_amendments m
         join agreement_versions v on v.id = m.base_version_id where m.negotiation_id = $1`,
      [negotiationId],
    );
    if (!amends) throw new DomainError('not-found', `negotiation ${negotiationId} changes no agreement`);
    return amends;
  }

  private async personName(personId: string): Promise<string> {
    const [row] = await this.database.query<{ name: string | null }>(`select name from persons where id = $1`, [
      personId,
    ]);
    if (!row?.name) throw new DomainError('not-found', 'the applicant was erased');
    return row.name;
  }
}

function lines(recipients: readonly RecipientRow[], wanted: Party, organisation: string | undefined): SignerLine[] {
  return recipients
    .filter(({ party }) => party === wanted)
    .map(({ name, title }) => {
      if (name === null) return { name: organisation ?? '' };
      return { name, ...(title === null ? {} : { title }), ...(organisation === undefined ? {} : { organisation }) };
    });
}
