import type { Attribution, Payment, Term, Terms, Tiers } from '../../agreements/domain/index.js';
import { contractSections, type Clause, type ContractFacts } from './clause.js';
import { englishPeriods } from './english-commission-clauses.js';
import type { Wording } from './wording.js';

/** A clause whose number inside its section is its place in the list. */
export type UnnumberedClause = Omit<Clause, 'number'>;

/** Who the parties are, what they agree on, and from when. */
export function englishPartyClauses(terms: Terms, facts: ContractFacts, wording: Wording): UnnumberedClause[] {
  const partner = facts.partner.company
    ? `${facts.partner.name}, acting for ${facts.partner.company}`
    : facts.partner.name;
  const begins =
    facts.effective.kind === 'on'
      ? `This agreement takes effect on ${wording.instant(facts.effective.at)}.`
      : 'This agreement takes effect at the moment of the Company’s countersignature, once the Partner has signed.';
  return [
    {
      heading: 'Parties',
      text: `This agreement is made between ${facts.company} (the “Company”) and ${partner} (the “Partner”).`,
    },
    {
      heading: 'What this is',
      text: `The Partner takes part in the Company’s partner program ${wording.quoted(facts.programName)}. This agreement states what the Partner earns, for what, when it is paid, and how either side can end it.`,
    },
    { heading: 'Beginning', text: begins },
    {
      heading: 'Currency and calendar',
      text: `All amounts are in ${terms.currency}. Days, months, quarters and years are those of the time zone ${terms.timeZone ?? 'Etc/UTC'}. A period that would end on a day which its month does not have ends on the last day of that month.`,
    },
  ];
}

/** What every commission rule has in common; the introduction of their section. */
export function englishCommissionIntroduction(): string {
  return [
    'The rules below are tried in their order. The first rule whose event and conditions all hold gives the event’s one commission; if that commission is zero, no later rule is tried.',
    'A commission is computed on the event’s amount, net of tax, shipping and discounts. It is rounded once, half to even, to the smallest unit of the currency, and then limited.',
  ].join('\n');
}

/** The ladder of tiers and how a partner moves on it. */
export function englishTierClauses(tiers: Tiers, wording: Wording): UnnumberedClause[] {
  const measured = {
    amount: 'the sum of the amounts of sales',
    count: 'the number of sales',
    new_customers: 'the number of new customers',
  };
  const at = (value: number) => (tiers.metric === 'amount' ? wording.money(value) : wording.count(value));
  const steps = tiers.list.map((tier) => `• ${tier.name}: from ${at(tier.from)}`);
  const failures = tiers.graceReviews + 1;
  return [
    { heading: 'Tiers', text: ['The Partner starts in the first of these tiers:', ...steps].join('\n') },
    {
      heading: 'Review',
      text: `At the start of each ${englishPeriods[tiers.requalify]}, ${measured[tiers.metric]} through the Partner in the ${wording.duration(tiers.lookback)} before, less the refunds and voids dated before it, decides which tier the Partner has reached. The outcome holds from the start of that ${englishPeriods[tiers.requalify]}.`,
    },
    {
      heading: 'Moving up and down',
      text: `The Partner moves up at once. It moves down only at its ${wording.ordinal(failures)} failed review in a row; before that, ${wording.counted(tiers.graceReviews, 'failed review')} in a row ${tiers.graceReviews === 1 ? 'is' : 'are'} forgiven.`,
    },
  ];
}

const attributionModels: Record<Attribution['model'], string> = {
  last_touch: 'the partner whose referral came last is credited with the whole event',
  first_touch: 'the partner whose referral came first is credited with the whole event',
  linear: 'all partners with a referral share the event equally',
  position_based: 'the partners share the event by the position of their referrals',
  roles: 'the partners share the event by their roles',
};

/** How an event finds its partner. */
export function englishAttributionClauses(attribution: Attribution, wording: Wording): UnnumberedClause[] {
  const shares = Object.entries(attribution.shares ?? {}).map(([role, share]) => `• ${role}: ${wording.rate(share)}`);
  return [
    {
      heading: 'How a sale is attributed',
      text: [
        `Referrals count for ${wording.duration(attribution.window)}. Within that time, ${attributionModels[attribution.model]} (model ${attribution.model})${shares.length > 0 ? ', in these shares:' : '.'}`,
        ...shares,
      ].join('\n'),
    },
    {
      heading: 'How it is measured',
      text: 'An event is recorded once, by its id, and counts at the moment at which it happened, under the version of this agreement in force then. An amount shared by several partners is divided so that the shares add up to the whole.',
    },
  ];
}

/** When and how earnings are paid, and what refunds do to them. */
export function englishPaymentClauses(payment: Payment, wording: Wording): UnnumberedClause[] {
  const methods = wording.any(payment.methods.map((method) => method.replaceAll('_', ' ')));
  return [
    { heading: 'Frequency', text: `Earnings are paid ${payment.frequency}.` },
    {
      heading: 'Holding period',
      text: `An amount can be paid once ${wording.duration(payment.holding)} have passed since the event that it was earned with.`,
    },
    {
      heading: 'Minimum and carry-forward',
      text: `A payment is made when at least ${wording.money(payment.minimumMinor)} can be paid. A smaller sum is carried forward to the next payment and is not lost.`,
    },
    { heading: 'Method', text: `Payment is made by ${methods}.` },
    {
      heading: 'Refunds',
      text: 'When a sale is refunded in part, the same part of a commission computed from its amount is taken back, at the rate at which it was earned. A fixed amount is taken back only when the event is refunded in full.',
    },
    {
      heading: 'Voided events',
      text: 'When an event proves void (fraud, a test, a rejected order), what is left of its commission is taken back whole.',
    },
    {
      heading: 'Amounts already paid',
      text: 'What is taken back after it was paid is set off against the next payments.',
    },
  ];
}

const renewals: Record<Term['renewal'], (length: string, notice: string) => string> = {
  auto: (length, notice) =>
    `At the end of the term this agreement renews itself for another ${length}, unless one side has given notice at least ${notice} before.`,
  consent: (length) =>
    `At the end of the term this agreement is renewed for another ${length} only if both sides consent.`,
  none: () => 'This agreement is not renewed at the end of the term.',
};

/** How long the agreement runs and how it ends or changes. */
export function englishTermClauses(term: Term, wording: Wording): UnnumberedClause[] {
  const length = wording.duration(term.length);
  const notice = wording.duration(term.notice);
  return [
    { heading: 'Term', text: `This agreement runs for ${length} from the moment it takes effect.` },
    { heading: 'Renewal', text: renewals[term.renewal](length, notice) },
    {
      heading: 'How to end it',
      text: `Either side may end this agreement by notice to the other, given ${notice} ahead. What was earned before the end is still paid under section ${contractSections.payment}.`,
    },
    {
      heading: 'Changes',
      text: 'This version is never altered. A change is a new version, agreed in the same way, and prices only the events that happen from its own beginning on.',
    },
  ];
}

/** What the partner takes upon itself, one clause each. */
export function englishObligationClauses(terms: Terms, wording: Wording): UnnumberedClause[] {
  return (terms.obligations ?? []).map((obligation) => {
    const text = obligation.text.replace(/\r\n?/g, '\n').replaceAll('\t', ' ');
    const checkpoint =
      obligation.checkpoint === undefined ? '' : `\nThis is checked every ${wording.duration(obligation.checkpoint)}.`;
    return { heading: `Obligation ${obligation.id}`, text: `${text}${checkpoint}` };
  });
}

/** Governing law and exclusivity, where the terms speak of them. */
export function englishLegalClauses(legal: NonNullable<Terms['legal']>): UnnumberedClause[] {
  const clauses: UnnumberedClause[] = [];
  if (legal.governingLaw !== undefined) {
    clauses.push({ heading: 'Governing law', text: `This agreement is governed by: ${legal.governingLaw}` });
  }
  if (legal.exclusivity !== undefined) {
    clauses.push({
      heading: 'Exclusivity',
      text: legal.exclusivity
        ? 'While this agreement runs, the Partner does not promote competing offers.'
        : 'This agreement is not exclusive: the Partner may promote other offers, and the Company may work with other partners.',
    });
  }
  return clauses;
}

/** What ties these words to the document that is priced. */
export function englishTermsDocumentClauses(schema: string, termsHash: string): UnnumberedClause[] {
  return [
    {
      heading: 'Terms document',
      text: `The clauses above print a structured terms document (${schema}), which is attached to this file as terms.json. That document is what every commission and bonus is computed from.`,
    },
    {
      heading: 'Terms hash',
      text: `The terms document is identified by the SHA-256 of its canonical text (RFC 8785), its terms hash:\n${termsHash}`,
    },
    {
      heading: 'How to check it',
      text: 'The terms hash stands at the foot of every page, in the record of the signatures and on every commission line. Whoever holds the attached document can compute it again.',
    },
  ];
}
