import { Injectable } from '@nestjs/common';
import {
  AgreementActs,
  AgreementsService,
  renewalStates,
  readVersions,
  TermsDocuments,
  termEnd,
  termRulesOf,
  type AgreementRow,
  type RenewalAction,
  type RenewalState,
  type Side,
} from '../agreements/index.js';
import { AuditLog } from '../audit/index.js';
import { CommissionsService } from '../commissions/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Language } from '../kernel/language.js';
import { sha256 } from '../kernel/sha256.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { consentIn, type ConsentSettings } from '../programs/index.js';
import { AgreementLocks } from './agreement-locks.js';
import { AgreementMails, type Locked } from './agreement-mails.js';

export interface RenewalRow {
  id: string;
  state: RenewalState;
  terms_hash: string;
  term_from: Date;
  term_until: Date;
  consent_version: string;
  consent_text: string;
}

/** From where an act came, kept with it as evidence. */
export interface Origin {
  ipAddress: string;
  userAgent: string;
}

export interface RenewalConsent extends Actor {
  agreementId: string;
  /** The hash of the terms that were read. */
  termsHash: string;
  consentVersion: string;
  origin: Origin;
}

const columns = `id, state, terms_hash, term_from, term_until, consent_version, consent_text`;

/** Renewals of agreements that need consent: the company offers one more term, the partner consents or not. */
@Injectable()
export class Renewals {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly agreements: AgreementsService,
    private readonly acts: AgreementActs,
    private readonly terms: TermsDocuments,
    private readonly commissions: CommissionsService,
    private readonly locks: AgreementLocks,
    private readonly mails: AgreementMails,
  ) {}

  /** Offers the term after the newest one, on the same terms; what is consented to is frozen with it. */
  async offer(
    tx: Transaction,
    locked: Locked,
    settings: ConsentSettings,
    { actorId, requestId }: Actor,
  ): Promise<void> {
    const { agreement, partner } = locked;
    const consent = consentIn(settings, await languageOf(tx, partner.person_id));
    const number = agreement.term_number + 1;
    const { terms_hash: termsHash } = (await readVersions(tx, agreement.id)).at(-1)!;
    const rules = termRulesOf(await this.terms.get(agreement.program_id, termsHash, tx));
    const until = termEnd(agreement.term_anchor, rules, number - agreement.term_anchor_number + 1);
    const now = this.clock.now();
    const id = newId('rnw');
    await tx.query(
      `insert into agreement_renewals (id, program_id, agreement_id, partner_id, term_number, state, terms_hash, term_from,
         term_until, consent_version, consent_text, opened_at, state_since) values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10, $11, $11)`,
      [
        ...[
          id,
          agreement.program_id,
          agreement.id,
          agreement.partner_id,
          number,
          termsHash,
          agreement.term_ends_at,
          until,
        ],
        ...[consent.version, consent.text, now],
      ],
    );
    const term = { renewalId: id, termFrom: agreement.term_ends_at.toISOString(), termUntil: until.toISOString() };
    const what = { ...term, consentVersion: consent.version, consentHash: sha256(consent.text) };
    await this.acts.append(tx, agreement, { type: 'renewal_offered', side: 'company', actorId, termsHash, data: what });
    await this.tell(tx, agreement, 'offer_renewal', 'renewal_offered', { ...term, termsHash }, { actorId, requestId });
    await this.mails.toBothSides(tx, locked, 'agreement-renewal-offered', term);
  }

  /**
   * The partner agrees to one more term. It begins where the one before ends, so that nothing comes between them.
   * @throws DomainError `not-found`, `illegal-transition` (nothing is offered, or the term has ended), `hash-mismatch`
   */
  consent(input: RenewalConsent): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const locked = await this.locks.take(tx, input.agreementId);
      if (await this.audit.wasRequested(tx, { ...input, subjectId: input.agreementId })) return;
      const { agreement } = locked;
      const offer = await this.openOffer(tx, agreement, 'consent');
      refuseMismatch(offer, input);
      const { actorId, requestId, termsHash, consentVersion, origin } = input;
      const actor = { actorId, requestId };
      const renewed = await this.agreements.renew(tx, agreement, 'consent', actor);
      await this.answer(tx, offer, 'consent', actorId, 'partner');
      const term = { renewalId: offer.id, termFrom: offer.term_from.toISOString() };
      const data = { ...term, consentVersion, consentHash: sha256(offer.consent_text), ...origin };
      const hash = await this.acts.append(tx, agreement, {
        type: 'renewal_consented',
        side: 'partner',
        actorId,
        termsHash,
        data,
      });
      const details = { ...term, termsHash, actHash: hash };
      await this.tell(tx, agreement, 'consent_renewal', 'renewal_consented', details, actor);
      await this.commissions.repriceSince(
        agreement.program_id,
        agreement.partner_id,
        offer.term_from.getTime(),
        actor,
        tx,
      );
      const until = { startedAt: term.termFrom, endsAt: renewed.term_ends_at.toISOString() };
      await this.mails.toBothSides(tx, locked, 'agreement-renewed', until);
    });
  }

  /**
   * Either side lets the agreement end with its term.
   * @throws DomainError `not-found`, `illegal-transition`
   */
  decline(input: Actor & { agreementId: string; side: Side; reason: string }): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const locked = await this.locks.take(tx, input.agreementId);
      if (await this.audit.wasRequested(tx, { ...input, subjectId: input.agreementId })) return;
      const { agreement } = locked;
      const offer = await this.openOffer(tx, agreement, 'decline');
      const { actorId, requestId, side, reason } = input;
      await this.answer(tx, offer, 'decline', actorId, side, reason);
      const data = { renewalId: offer.id, reason };
      const act = { type: 'renewal_declined' as const, side, actorId, termsHash: offer.terms_hash, data };
      const hash = await this.acts.append(tx, agreement, act);
      const details = { renewalId: offer.id, side, actHash: hash };
      await this.tell(tx, agreement, 'decline_renewal', 'renewal_declined', details, { actorId, requestId }, reason);
      const told = { side, endsAt: offer.term_from.toISOString() };
      await this.mails.toBothSides(tx, locked, 'agreement-renewal-declined', told);
    });
  }

  /** An offer that is open comes to nothing: nobody answered in time, the agreement ends otherwise, or its terms have changed. */
  async lapse(tx: Transaction, agreement: AgreementRow): Promise<void> {
    const lapsed = await rowsOf<{ id: string }>(
      tx,
      `update agreement_renewals set state = $2, state_since = $3 where agreement_id = $1 and state = 'open' returning id`,
      [agreement.id, renewalStates.next('open', 'lapse'), this.clock.now()],
    );
    for (const { id } of lapsed) {
      const data = { renewalId: id };
      const event = { type: 'agreement.renewal_lapsed' as const, subjectId: agreement.id, data };
      await this.outbox.announce(tx, agreement.program_id, event);
    }
  }

  private async openOffer(tx: Transaction, agreement: AgreementRow, action: RenewalAction): Promise<RenewalRow> {
    const offer = await rowOf<RenewalRow>(
      tx,
      `select ${columns} from agreement_renewals where agreement_id = $1 order by id desc limit 1`,
      [agreement.id],
    );
    if (!offer) throw new DomainError('illegal-transition', 'no renewal of this agreement is offered');
    renewalStates.next(offer.state, action);
    if (offer.term_from <= this.clock.now()) {
      throw new DomainError('illegal-transition', 'the term has ended, and the offer to renew it with it');
    }
    return offer;
  }

  private async answer(
    tx: Transaction,
    { id, state }: RenewalRow,
    action: RenewalAction,
    actorId: string,
    side: Side,
    reason?: string,
  ): Promise<void> {
    await tx.query(
      `update agreement_renewals set state = $2, state_since = $3, decided_by = $4, side = $5, reason = $6 where id = $1`,
      [id, renewalStates.next(state, action), this.clock.now(), actorId, side, reason ?? null],
    );
  }

  private async tell(
    tx: Transaction,
    { id: subjectId, program_id: programId }: AgreementRow,
    action: string,
    event: 'renewal_offered' | 'renewal_consented' | 'renewal_declined',
    details: Record<string, unknown>,
    actor: Actor,
    reason?: string,
  ): Promise<void> {
    const fact = { ...actor, programId, action: `agreement.${action}`, subjectId, reason, details };
    await this.audit.record(tx, fact);
    await this.outbox.announce(tx, programId, { type: `agreement.${event}`, subjectId, data: details });
  }
}

async function languageOf(tx: Transaction, personId: string): Promise<Language> {
  const person = await rowOf<{ language: Language }>(tx, `select language from persons where id = $1`, [personId]);
  return person?.language ?? 'en';
}

/** What the partner names is what it read: the terms, and the words that it agrees to. */
function refuseMismatch(offer: RenewalRow, { termsHash, consentVersion }: RenewalConsent): void {
  if (offer.terms_hash !== termsHash) {
    const error = { pointer: '/termsHash', message: `the terms offered are ${offer.terms_hash}` };
    throw new DomainError('hash-mismatch', 'the terms that were read are not those that are offered', [error]);
  }
  if (offer.consent_version !== consentVersion) {
    const error = { pointer: '/consentVersion', message: `the consent asked for is ${offer.consent_version}` };
    throw new DomainError('hash-mismatch', 'the consent given is not the one that is asked for', [error]);
  }
}
