import { Injectable } from '@nestjs/common';
import {
  AgreementsService,
  NegotiationsService,
  TemplatesService,
  TermsDocuments,
  type Opening,
} from '../agreements/index.js';
import { PartnerReach } from '../attribution/index.js';
import { AuditLog } from '../audit/index.js';
import { CommissionsService } from '../commissions/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { parseInstant } from '../kernel/calendar.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { systemActor, type Actor } from '../orchestration/actor.js';
import type { ApplicationProgress, DecideInput, WithdrawInput } from '../orchestration/partner-onboarding.js';
import { Outbox } from '../outbox/index.js';
import {
  applicationStages,
  ApplicationsService,
  InformationService,
  nextDue,
  PartnersService,
  PartnerTiers,
  ReviewService,
  type ApplicationRow,
  type PolicyDecision,
  type ReviewDeadlines,
} from '../partners/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsService, type ProgramDocument } from '../programs/index.js';
import { EnvelopesService, inForceFrom } from '../signatures/index.js';

/**
 * The steps of a partner's way that span several capabilities: each is one transaction. Locks are taken in the order
 * application, negotiation, envelope, so that no two steps wait for each other.
 */
@Injectable()
export class PartnerOnboardingService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly applications: ApplicationsService,
    private readonly review: ReviewService,
    private readonly information: InformationService,
    private readonly partners: PartnersService,
    private readonly tiers: PartnerTiers,
    private readonly negotiations: NegotiationsService,
    private readonly templates: TemplatesService,
    private readonly terms: TermsDocuments,
    private readonly agreements: AgreementsService,
    private readonly envelopes: EnvelopesService,
    private readonly commissions: CommissionsService,
    private readonly reach: PartnerReach,
  ) {}

  /**
   * Approves (the partner is made and the negotiation opened) or rejects.
   * @throws DomainError `illegal-transition`, `checklist-incomplete`, `already-exists` (the partner reference),
   * `rehearsal-only`, `invalid-document` (the effective date, the reason's code)
   */
  decide(input: DecideInput): Promise<ApplicationProgress> {
    const effectiveFrom = this.effectiveFrom(input);
    return this.act(input, input.action, async (tx, row) => {
      applicationStages.next(row.stage, input.action);
      if (input.action === 'reject' && input.templateId !== undefined) throw templateOfRejection();
      const { document } = await this.programs.getIn(tx, row.program_id, row.program_version);
      if (input.action === 'approve') await this.review.requireChecklist(tx, row, document);
      if (input.reasonCode !== undefined) this.review.requireReason(document, input.reasonCode);
      const { effectiveFrom: _, ...decision } = input;
      await this.applyDecision(tx, row, { ...decision, ...(effectiveFrom && { effectiveFrom }) });
    });
  }

  /** What the program's policy decides by itself, on a locked row. */
  decideByPolicy(tx: Transaction, row: ApplicationRow, decision: PolicyDecision): Promise<void> {
    return this.applyDecision(tx, row, { ...systemActor, ...decision });
  }

  /** Withdrawal by the applicant. @throws DomainError `illegal-transition` once the partner has signed */
  withdraw(input: WithdrawInput): Promise<ApplicationProgress> {
    return this.act(input, 'withdraw', async (tx, row) => {
      await this.applications.move(tx, row, { ...input, action: 'withdraw' });
      await this.information.close(tx, row.id);
      await this.endContracting(tx, row.id, input, input.reason ?? 'the application was withdrawn');
    });
  }

  /** Expires the application unless a decision came first; the state that the row has then. */
  expireUndecided(applicationId: string): Promise<ApplicationProgress> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.applications.lock(tx, applicationId);
      if (applicationStages.allows(row.stage, 'expire')) {
        await this.applications.move(tx, row, { ...systemActor, action: 'expire' });
        await this.outbox.mail(tx, row.program_id, {
          template: 'application-expired',
          subjectId: row.id,
          to: { personId: row.person_id },
        });
      }
      return this.state(applicationId, tx);
    });
  }

  /** Ends an approved application whose negotiation or envelope came to nothing; harmless on one that ended. */
  lapse(applicationId: string, cause: string): Promise<ApplicationProgress> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.applications.lock(tx, applicationId);
      if (applicationStages.allows(row.stage, 'lapse')) {
        await this.applications.move(tx, row, { ...systemActor, action: 'lapse', reason: cause });
        await this.endPartner(tx, applicationId, systemActor, cause);
      }
      return this.state(applicationId, tx);
    });
  }

  /**
   * Makes what an executed contract promises: the agreement version, the first tier, the active partner. Events that
   * came between the countersignature and this are priced now; both steps bear being repeated.
   */
  async activate(applicationId: string, envelopeId: string): Promise<ApplicationProgress> {
    const state = await this.beginAgreement(applicationId, envelopeId);
    const envelope = await this.envelopes.get(envelopeId);
    const { program_id: programId, partner_id: partnerId } = envelope;
    await this.commissions.repriceSince(programId, partnerId, inForceFrom(envelope).getTime(), systemActor);
    return state;
  }

  private beginAgreement(applicationId: string, envelopeId: string): Promise<ApplicationProgress> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.applications.lock(tx, applicationId);
      if (row.stage === 'active') return this.state(applicationId, tx);
      const envelope = await this.envelopes.get(envelopeId, tx);
      const isVerified = envelope.state === 'executed' && envelope.verified_at !== null;
      if (!isVerified || envelope.application_id !== applicationId) {
        throw new DomainError('no-agreement', `envelope ${envelopeId} is ${envelope.state}: nothing is in force`);
      }
      const partner = (await this.partners.ofApplication(applicationId, tx))!;
      const from = inForceFrom(envelope);
      const { program_id: programId, terms_hash: termsHash } = envelope;
      await this.applications.move(tx, row, { ...systemActor, action: 'activate' });
      await this.partners.move(tx, partner, { ...systemActor, action: 'activate', at: from });
      await this.agreements.begin(tx, { programId, partnerId: partner.id, termsHash, envelopeId, from }, systemActor);
      const terms = await this.terms.get(programId, termsHash, tx);
      const tier = terms.tiers?.list[0]?.name;
      if (tier !== undefined) {
        const reason = 'the first tier of the signed terms, at activation';
        await this.tiers.record(tx, partner, { name: tier, from, reason }, systemActor);
      }
      if (terms.attribution) {
        const { document } = await this.programs.getIn(tx, programId, row.program_version);
        await this.reach.equip(tx, { ...partner, programId }, document.attribution.link, systemActor);
      }
      await this.outbox.mail(tx, programId, {
        template: 'partner-activated',
        subjectId: partner.id,
        to: { personId: partner.person_id },
      });
      return this.state(applicationId, tx);
    });
  }

  /** What the rows say now. @throws DomainError `not-found` */
  async state(applicationId: string, tx: Transaction = this.database.dataSource.manager): Promise<ApplicationProgress> {
    const row = await rowOf<
      ReviewDeadlines & { revision: number; partner_id: string | null; negotiation_id: string | null }
    >(
      tx,
      `select a.stage, a.revision, a.verify_due_at, a.decision_due_at, a.next_reminder_at, a.escalate_at,
         a.information_due_at, a.references_due_at, p.id as partner_id, n.id as negotiation_id from applications a
         left join partners p on p.application_id = a.id left join negotiations n on n.application_id = a.id and n.kind = 'initial'
       where a.id = $1`,
      [applicationId],
    );
    if (!row) throw new DomainError('not-found', `no application ${applicationId}`);
    const due = nextDue(row);
    return {
      stage: row.stage,
      revision: row.revision,
      ...(row.partner_id === null ? {} : { partnerId: row.partner_id }),
      ...(row.negotiation_id === null ? {} : { negotiationId: row.negotiation_id }),
      ...(due === undefined ? {} : { dueAtMs: due.getTime() }),
    };
  }

  private async applyDecision(
    tx: Transaction,
    row: ApplicationRow,
    decision: Actor & {
      action: 'approve' | 'reject';
      reason?: string;
      reasonCode?: string;
      rule?: string;
      partnerReference?: string;
      templateId?: string;
      effectiveFrom?: Date;
    },
  ): Promise<void> {
    const moved = await this.applications.move(tx, row, decision);
    await this.information.close(tx, row.id);
    const template = decision.action === 'approve' ? 'application-approved' : 'application-rejected';
    await this.outbox.mail(tx, row.program_id, { template, subjectId: row.id, to: { personId: row.person_id } });
    if (decision.action === 'approve') await this.openNegotiation(tx, moved, decision);
  }

  private act(
    input: Actor & { applicationId: string },
    action: 'approve' | 'reject' | 'withdraw',
    work: (tx: Transaction, row: ApplicationRow) => Promise<void>,
  ): Promise<ApplicationProgress> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.applications.lock(tx, input.applicationId);
      const fact = { ...input, subjectId: row.id, action: `application.${action}` };
      if (!(await this.audit.wasRecorded(tx, fact))) await work(tx, row);
      return this.state(row.id, tx);
    });
  }

  /** The offer is the template that the reviewer chose, else the one for the partner's type, else the program's terms. */
  private async openNegotiation(
    tx: Transaction,
    application: ApplicationRow,
    { actorId, requestId, templateId }: Actor & { templateId?: string },
  ): Promise<void> {
    const partner = await this.partners.create(tx, application, { actorId, requestId });
    const { document } = await this.programs.getIn(tx, application.program_id, application.program_version);
    const opening = {
      programId: application.program_id,
      applicationId: application.id,
      partnerId: partner.id,
      ...(await this.offer(tx, application, document, templateId)),
    };
    await this.negotiations.open(tx, opening, { actorId, requestId });
  }

  private async offer(
    tx: Transaction,
    { partner_type: partnerType, program_id: programId }: ApplicationRow,
    { terms }: ProgramDocument,
    templateId: string | undefined,
  ): Promise<Pick<Opening, 'offer' | 'template'>> {
    const wanted = { partnerType: partnerType ?? undefined, tier: terms.tiers?.list[0]?.name };
    const template =
      templateId === undefined
        ? await this.templates.choose(tx, programId, wanted)
        : await this.templates.chosen(tx, programId, templateId);
    if (!template) return { offer: terms };
    const offer = await this.terms.get(programId, template.terms_hash, tx);
    return { offer, template: { id: template.id, version: template.version } };
  }

  private async endContracting(
    tx: Transaction,
    applicationId: string,
    { actorId, requestId }: Actor,
    reason: string,
  ): Promise<void> {
    const negotiation = await this.negotiations.ofApplication(applicationId, tx);
    if (!negotiation) return;
    await this.negotiations.endWith(tx, negotiation.id, { actorId, requestId }, reason);
    const envelope = await this.envelopes.ofNegotiation(negotiation.id, tx);
    if (envelope) await this.envelopes.endWith(tx, envelope.id, { actorId, requestId }, reason);
    await this.endPartner(tx, applicationId, { actorId, requestId }, reason);
  }

  private async endPartner(tx: Transaction, applicationId: string, actor: Actor, reason: string): Promise<void> {
    const partner = await this.partners.ofApplication(applicationId, tx);
    if (partner?.stage === 'contracting') await this.partners.move(tx, partner, { ...actor, action: 'end', reason });
  }

  private effectiveFrom({ action, effectiveFrom }: DecideInput): Date | undefined {
    if (effectiveFrom === undefined) return undefined;
    const at = parseInstant(effectiveFrom);
    const pointer = '/effectiveFrom';
    if (!this.settings.env.REHEARSAL) {
      throw new DomainError(
        'rehearsal-only',
        'terms take effect when they are countersigned; only a rehearsal dates them back',
        [{ pointer, message: 'is for rehearsals alone' }],
      );
    }
    if (action === 'approve' && at && at.getTime() <= this.clock.now().getTime()) return at;
    throw new DomainError('invalid-document', 'the effective date is not valid', [
      { pointer, message: 'must be an instant in the past, of an approval' },
    ]);
  }
}

function templateOfRejection(): DomainError {
  return new DomainError('invalid-document', 'a rejection offers nothing', [
    { pointer: '/templateId', message: 'belongs to an approval' },
  ]);
}
