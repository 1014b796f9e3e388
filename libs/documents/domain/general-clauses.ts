import type { Attribution, Payment, Term, Terms, Tiers } from '../../agreements/domain/index.js';
import { timeZoneOf } from '../../agreements/domain/index.js';
import { documentTemplateVersion } from './clause-library/versions.js';
import { contractSections, type Amends, type ContractFacts, type Effective, type UnnumberedClause } from './clause.js';
import type { Speech } from './speech.js';

/** Who the parties are, what they agree on, and from when. */
export function partyClauses(terms: Terms, facts: ContractFacts, speech: Speech): UnnumberedClause[] {
  const { company, programName } = facts;
  const { name: person, company: organisation } = facts.partner;
  const partner = organisation === undefined ? person : speech.say('parties.acting', { person, organisation });
  return [
    { heading: speech.say('parties.heading', {}), text: speech.say('parties.text', { company, partner }) },
    {
      heading: speech.say('purpose.heading', {}),
      text: speech.say('purpose.text', { program: speech.wording.quoted(programName) }),
    },
    facts.amends ? amendmentClause(facts.amends, speech) : beginningClause(facts.effective, speech),
    {
      heading: speech.say('calendar.heading', {}),
      text: speech.say('calendar.text', { currency: terms.currency, timeZone: timeZoneOf(terms) }),
    },
  ];
}

function beginningClause(effective: Effective, speech: Speech): UnnumberedClause {
  const text =
    effective.kind === 'on'
      ? speech.say('beginning.on', { at: speech.wording.instant(effective.at) })
      : speech.say('beginning.countersignature', {});
  return { heading: speech.say('beginning.heading', {}), text };
}

/** A contract that changes an agreement says which version it takes the place of, and from when. */
function amendmentClause({ version: before, termsHash, effectiveFrom }: Amends, speech: Speech): UnnumberedClause {
  const version = speech.wording.count(before + 1);
  const text =
    effectiveFrom === null
      ? speech.say('amendment.countersignature', { version })
      : speech.say('amendment.on', { version, at: speech.wording.instant(effectiveFrom) });
  const until = speech.say('amendment.before', { before: speech.wording.count(before) });
  return { heading: speech.say('amendment.heading', {}), text: `${text}\n${until}\n${termsHash}` };
}

const tierMeasures = {
  amount: 'tier-review.by-amount',
  count: 'tier-review.by-count',
  new_customers: 'tier-review.by-customers',
} as const;

/** The ladder of tiers and how a partner moves on it. */
export function tierClauses(tiers: Tiers, speech: Speech): UnnumberedClause[] {
  const { wording } = speech;
  const at = (value: number) => (tiers.metric === 'amount' ? wording.money(value) : wording.count(value));
  const steps = tiers.list.map((tier) => speech.say('tiers.step', { tier: tier.name, from: at(tier.from) }));
  const review = speech.say('tier-review.text', {
    period: wording.period(tiers.requalify),
    measured: speech.say(tierMeasures[tiers.metric], {}),
    lookback: wording.duration(tiers.lookback),
  });
  const moves = speech.say('tier-moves.text', {
    failures: wording.count(tiers.graceReviews + 1),
    grace: wording.count(tiers.graceReviews),
  });
  return [
    {
      heading: speech.say('tiers.heading', {}),
      text: [speech.say('tiers.text', {}), ...speech.rows(steps)].join('\n'),
    },
    { heading: speech.say('tier-review.heading', {}), text: review },
    { heading: speech.say('tier-moves.heading', {}), text: moves },
  ];
}

/** What counts as a sale, how it is measured, and, where several partners may claim it, whose it is. */
export function salesClauses(terms: Terms, speech: Speech): UnnumberedClause[] {
  const sale = speech.say('sale.text', {
    event: speech.wording.quoted('sale'),
    section: speech.wording.count(contractSections.commissions),
  });
  return [
    { heading: speech.say('sale.heading', {}), text: sale },
    { heading: speech.say('measuring.heading', {}), text: speech.say('measuring.text', {}) },
    ...(terms.attribution ? [attributionClause(terms.attribution, speech)] : []),
  ];
}

const attributionModels = {
  last_touch: 'attribution.last-touch',
  first_touch: 'attribution.first-touch',
  linear: 'attribution.linear',
  position_based: 'attribution.position-based',
  roles: 'attribution.roles',
} as const;

function attributionClause({ model, window, shares = {} }: Attribution, speech: Speech): UnnumberedClause {
  const { wording } = speech;
  const text = speech.say(attributionModels[model], { window: wording.duration(window), model });
  const rows = Object.entries(shares).map(([role, share]) =>
    speech.say('attribution.share', { role, rate: wording.rate(share) }),
  );
  return { heading: speech.say('attribution.heading', {}), text: [text, ...speech.rows(rows)].join('\n') };
}

/** When and how earnings are paid, and what refunds do to them. */
export function paymentClauses(payment: Payment, speech: Speech): UnnumberedClause[] {
  const { wording } = speech;
  const methods = wording.any(payment.methods.map((method) => wording.method(method)));
  return [
    { heading: speech.say('frequency.heading', {}), text: speech.say(`frequency.${payment.frequency}`, {}) },
    {
      heading: speech.say('holding.heading', {}),
      text: speech.say('holding.text', { holding: wording.duration(payment.holding) }),
    },
    {
      heading: speech.say('minimum.heading', {}),
      text: speech.say('minimum.text', { minimum: wording.money(payment.minimumMinor) }),
    },
    { heading: speech.say('method.heading', {}), text: speech.say('method.text', { methods }) },
    { heading: speech.say('refunds.heading', {}), text: speech.say('refunds.text', {}) },
    { heading: speech.say('voids.heading', {}), text: speech.say('voids.text', {}) },
    { heading: speech.say('paid.heading', {}), text: speech.say('paid.text', {}) },
  ];
}

/** How long the agreement runs and how it ends or changes. */
export function termClauses(term: Term, speech: Speech): UnnumberedClause[] {
  const { wording } = speech;
  const length = wording.duration(term.length);
  const notice = wording.duration(term.notice);
  const renewals = {
    auto: () => speech.say('renewal.auto', { length, notice }),
    consent: () => speech.say('renewal.consent', { length }),
    none: () => speech.say('renewal.none', {}),
  };
  const ending = speech.say('ending.text', { notice, section: wording.count(contractSections.payment) });
  return [
    { heading: speech.say('term.heading', {}), text: speech.say('term.text', { length }) },
    { heading: speech.say('renewal.heading', {}), text: renewals[term.renewal]() },
    { heading: speech.say('ending.heading', {}), text: ending },
    { heading: speech.say('changes.heading', {}), text: speech.say('changes.text', {}) },
  ];
}

/** What the partner takes upon itself, one clause each, in the words of the terms. */
export function obligationClauses(terms: Terms, speech: Speech): UnnumberedClause[] {
  return (terms.obligations ?? []).map(({ id, text, checkpoint }) => {
    const checked =
      checkpoint === undefined
        ? []
        : [speech.say('obligation.checkpoint', { checkpoint: speech.wording.duration(checkpoint) })];
    return {
      heading: speech.say('obligation.heading', { obligation: id }),
      text: [speech.free(text), ...checked].join('\n'),
    };
  });
}

/** Whom the partner asks, and what it can check by itself. */
export function supportClauses(contact: string | undefined, speech: Speech): UnnumberedClause[] {
  const whom = contact === undefined ? speech.say('support.anyone', {}) : speech.say('support.contact', { contact });
  return [
    { heading: speech.say('support.heading', {}), text: whom },
    { heading: speech.say('statements.heading', {}), text: speech.say('statements.text', {}) },
  ];
}

/** Governing law and exclusivity, where the terms speak of them. */
export function legalClauses(
  { governingLaw, exclusivity }: NonNullable<Terms['legal']>,
  speech: Speech,
): UnnumberedClause[] {
  const clauses: UnnumberedClause[] = [];
  if (governingLaw !== undefined) {
    const text = speech.say('law.text', { law: governingLaw.replace(/\r\n?/g, '\n').replaceAll('\t', ' ') });
    clauses.push({ heading: speech.say('law.heading', {}), text });
  }
  if (exclusivity !== undefined) {
    const text = speech.say(exclusivity ? 'exclusivity.exclusive' : 'exclusivity.open', {});
    clauses.push({ heading: speech.say('exclusivity.heading', {}), text });
  }
  return clauses;
}

/** What ties these words to the document that is priced. */
export function termsDocumentClauses(schema: string, termsHash: string, speech: Speech): UnnumberedClause[] {
  const hash = speech.say('terms-hash.text', { digest: 'SHA-256', canon: 'RFC 8785' });
  return [
    {
      heading: speech.say('terms-document.heading', {}),
      text: speech.say('terms-document.text', { schema, library: documentTemplateVersion }),
    },
    { heading: speech.say('terms-hash.heading', {}), text: `${hash}\n${termsHash}` },
    { heading: speech.say('check.heading', {}), text: speech.say('check.text', {}) },
  ];
}
