/**
 * Every sentence that a contract can print, in English. What stands before the dot is the clause, of which
 * `clauseVersions` gives the version; what stands in braces is filled in from the terms, the parties or the program. No
 * number stands in a sentence itself: whatever is counted or priced comes through the wording of values.
 */
export const englishTexts = {
  'document.title': 'Partner agreement',
  'document.subtitle': '{program}, between {company} and {partner}',

  'parties.section': 'Parties and purpose',
  'parties.heading': 'Parties',
  'parties.text': 'This agreement is made between {company} (the “Company”) and {partner} (the “Partner”).',
  'parties.acting': '{person}, acting for {organisation}',
  'purpose.heading': 'What this is',
  'purpose.text':
    'The Partner takes part in the Company’s partner program {program}. This agreement states what the Partner earns, for what, when it is paid, and how either side can end it.',
  'beginning.heading': 'Beginning',
  'beginning.on': 'This agreement takes effect on {at}.',
  'beginning.countersignature':
    'This agreement takes effect at the moment of the Company’s countersignature, once the Partner has signed.',
  'amendment.heading': 'Change of the agreement in force',
  'amendment.on':
    'This is version {version} of the agreement between the parties. It takes the place of the version before it on {at}, or at the moment of the Company’s countersignature where that is later.',
  'amendment.countersignature':
    'This is version {version} of the agreement between the parties. It takes the place of the version before it at the moment of the Company’s countersignature, once the Partner has signed.',
  'amendment.before':
    'Until that moment version {before} stays in force, and what happens until then is priced by it. Its terms hash is:',
  'calendar.heading': 'Currency and calendar',
  'calendar.text':
    'All amounts are in {currency}. Days, months, quarters and years are those of the time zone {timeZone}. A period that would end on a day which its month does not have ends on the last day of that month.',

  'commissions.section': 'Commissions',
  'commissions.order':
    'The rules below are tried in their order. The first rule whose event and conditions all hold gives the event’s one commission; if that commission is zero, no later rule is tried.',
  'commissions.amount':
    'A commission is computed on the event’s amount, net of tax, shipping and discounts. It is rounded once, half to even, to the smallest unit of the currency, and then limited.',
  'rule.heading': 'Commission for {event} events (rule {rule})',
  'rule.heading-credit': 'Store credit for {event} events (rule {rule})',
  'rule.always': 'Applies to every {event} event.',
  'rule.conditions': 'Applies to a {event} event when all of this holds:',
  'rule.when-new': 'the customer is new: the Partner brought no earlier sale by the same customer',
  'rule.when-existing': 'the customer is an existing one: the Partner brought an earlier sale by the same customer',
  'rule.when-amount': 'its amount is at least {amount}',
  'rule.when-tier': 'the Partner’s tier at that moment is {tiers}',
  'rule.when-coupon': 'it carries the coupon {coupons}',
  'rule.when-product': 'it includes the product {products}',
  'rule.when-country': 'its country is {countries}',
  'rule.when-campaign': 'it belongs to the campaign {campaigns}',
  'rule.when-from': 'it happens at or after {from}',
  'rule.when-until': 'it happens before {until}',
  'rule.when-within': 'it happens less than {duration} after that customer’s first sale through the Partner',
  'percent.text': 'The commission is {rate} of the event’s amount.',
  'flat.text': 'The commission is {amount} for each event, whatever its amount.',
  'credit.text':
    'The Partner is given {amount} of store credit for each event. Store credit goes to the Partner’s credit account and is never paid as money.',
  'banded.by-amount':
    'The rate depends on the running total of the amounts of all events that this clause applied to {over}, this event included; refunds and voids do not lower it.',
  'banded.by-count':
    'The rate depends on the running number of events that this clause applied to {over}, this event included; refunds and voids do not lower it.',
  'banded.slices': 'Each slice of the event’s amount is priced with the rate of the band that it falls in:',
  'banded.whole':
    'The whole amount of the event is priced with the rate of the band that the total has reached; earlier events keep theirs:',
  'banded.ordinal':
    'The whole amount of the event is priced with the rate of the band that its own number has reached:',
  'banded.band': '{from} up to but not including {next}: {rate}',
  'banded.last-band': '{from} and more: {rate}',
  'limits.text': 'This clause gives, in this order of checking and before refunds and voids are taken back:',
  'limits.event': 'at most {amount} for one event',
  'limits.period': 'at most {amount} in one {period}',
  'limits.lifetime': 'at most {amount} over the whole life of this rule',

  'bonuses.section': 'Bonuses',
  'upfront.heading': 'One-off payment at activation (bonus {bonus})',
  'upfront.text': 'The Partner earns {amount} once, when it is activated.',
  'retainer.heading': 'Recurring fee (bonus {bonus})',
  'retainer.text':
    'The Partner earns {amount} every {every}, counted from its activation; the first falls due {every} after activation. Nothing falls due at a moment when the Partner is suspended or this agreement has ended.',
  'milestone.heading': 'Milestones (bonus {bonus})',
  'milestone.text':
    'The Partner earns each of these amounts {paid}, with the event at which {measured} {within} has reached the step. Refunds and voids do not take a milestone back.',
  'milestone.by-count': 'the number of {event} events',
  'milestone.by-amount': 'the sum of the amounts of {event} events',
  'milestone.by-customers': 'the number of different new customers among {event} events',
  'milestone.step': 'at {at}: {amount}',
  'participation.heading': 'Participation (bonus {bonus})',
  'participation.text': 'The Partner earns {amount} when the Company accepts the deliverable {deliverable}.',
  'customer-value.heading': 'Customer lifetime value (bonus {bonus})',
  'customer-value.text':
    'Once for each customer, {after} after that customer’s first sale through the Partner, the Partner earns {rate} of the customer’s sales within that time, less the refunds and voids dated before its end.',

  'tiers.section': 'Tiers',
  'tiers.heading': 'The ladder of tiers',
  'tiers.text': 'The Partner starts in the first of these tiers:',
  'tiers.step': '{tier}: from {from}',
  'tier-review.heading': 'Review',
  'tier-review.text':
    'At the start of each {period}, {measured} through the Partner in the {lookback} before, less the refunds and voids dated before it, decides which tier the Partner has reached. The outcome holds from that start on.',
  'tier-review.by-amount': 'the sum of the amounts of sales',
  'tier-review.by-count': 'the number of sales',
  'tier-review.by-customers': 'the number of new customers',
  'tier-moves.heading': 'Moving up and down',
  'tier-moves.text':
    'The Partner moves up at once. It moves down only at failed review number {failures} in a row. Failed reviews in a row that are forgiven before that: {grace}.',

  'sales.section': 'Sales and how they are measured',
  'sale.heading': 'What counts as a sale',
  'sale.text':
    'A sale is an order by a customer that the Partner brought, which the Company records as a {event} event with its amount net of tax, shipping and discounts. An order that proves to be fraud, a test or rejected is taken back. Section {section} says which other events earn something.',
  'measuring.heading': 'How it is measured',
  'measuring.text':
    'An event is recorded once, by its id, and counts at the moment at which it happened, under the version of this agreement in force then. An amount shared by several partners is divided so that the shares add up to the whole.',
  'attribution.heading': 'How a sale is attributed',
  'attribution.last-touch':
    'Referrals count for {window}. Within that time, the partner whose referral came last is credited with the whole event (model {model}).',
  'attribution.first-touch':
    'Referrals count for {window}. Within that time, the partner whose referral came first is credited with the whole event (model {model}).',
  'attribution.linear':
    'Referrals count for {window}. Within that time, all partners with a referral share the event equally (model {model}).',
  'attribution.position-based':
    'Referrals count for {window}. Within that time, the partners share the event by the position of their referrals (model {model}).',
  'attribution.roles':
    'Referrals count for {window}. Within that time, the partners share the event by their roles (model {model}), in these shares:',
  'attribution.share': '{role}: {rate}',

  'payment.section': 'Payment and refunds',
  'frequency.heading': 'Frequency',
  'frequency.weekly': 'Earnings are paid weekly.',
  'frequency.monthly': 'Earnings are paid monthly.',
  'frequency.quarterly': 'Earnings are paid quarterly.',
  'holding.heading': 'Holding period',
  'holding.text': 'An amount can be paid {holding} after the event that it was earned with.',
  'minimum.heading': 'Minimum and carry-forward',
  'minimum.text':
    'A payment is made when at least {minimum} can be paid. A smaller sum is carried forward to the next payment and is not lost.',
  'method.heading': 'Method',
  'method.text': 'Payment is made by {methods}.',
  'refunds.heading': 'Refunds',
  'refunds.text':
    'When a sale is refunded in part, the same part of a commission computed from its amount is taken back, at the rate at which it was earned. A fixed amount is taken back only when the event is refunded in full.',
  'voids.heading': 'Voided events',
  'voids.text':
    'When an event proves void (fraud, a test, a rejected order), what is left of its commission is taken back whole.',
  'paid.heading': 'Amounts already paid',
  'paid.text': 'What is taken back after it was paid is set off against the next payments.',

  'term.section': 'Term and end',
  'term.heading': 'Term',
  'term.text': 'This agreement runs for {length} from the moment it takes effect.',
  'renewal.heading': 'Renewal',
  'renewal.auto':
    'At the end of the term this agreement renews itself for another {length}, unless one side has given notice at least {notice} before.',
  'renewal.consent':
    'At the end of the term this agreement is renewed for another {length} only if both sides consent.',
  'renewal.none': 'This agreement is not renewed at the end of the term.',
  'ending.heading': 'How to end it',
  'ending.text':
    'Either side may end this agreement by notice to the other, given {notice} ahead. What was earned before the end is still paid under section {section}.',
  'changes.heading': 'Changes',
  'changes.text':
    'This version is never altered. A change is a new version, agreed in the same way, and prices only the events that happen from its own beginning on.',

  'obligations.section': 'Obligations of the Partner',
  'obligation.heading': 'Obligation {obligation}',
  'obligation.checkpoint': 'This is checked every {checkpoint}.',

  'support.section': 'Questions and support',
  'support.heading': 'Whom to ask',
  'support.contact': 'The Company answers the Partner’s questions about this agreement and its payments at {contact}.',
  'support.anyone':
    'The Company answers the Partner’s questions about this agreement and its payments by reply to any of its messages.',
  'statements.heading': 'What the Partner can check',
  'statements.text':
    'With each payment the Partner is sent an advice that lists every amount in it with the event that it was earned with and the clause of this agreement that gives it.',

  'legal.section': 'Legal',
  'law.heading': 'Governing law',
  'law.text': 'This agreement is governed by: {law}',
  'exclusivity.heading': 'Exclusivity',
  'exclusivity.exclusive': 'While this agreement runs, the Partner does not promote competing offers.',
  'exclusivity.open':
    'This agreement is not exclusive: the Partner may promote other offers, and the Company may work with other partners.',

  'program-clauses.section': 'Additional clauses of the program',

  'terms-document.section': 'The terms document',
  'terms-document.heading': 'Terms document',
  'terms-document.text':
    'The clauses above print a structured terms document ({schema}), which is attached to this file as terms.json. That document is what every commission and bonus is computed from. Their words are those of the clause library {library}.',
  'terms-hash.heading': 'Terms hash',
  'terms-hash.text':
    'The terms document is identified by the {digest} of its canonical text ({canon}), its terms hash:',
  'check.heading': 'How to check it',
  'check.text':
    'The terms hash stands at the foot of every page, in the record of the signatures and on every commission line. Whoever holds the attached document can compute it again.',

  'signatures.heading': 'Signatures',
  'signatures.partner': 'For the Partner',
  'signatures.company': 'For the Company',
  'signatures.seal-partner': 'Seal for the Partner',
  'signatures.seal-company': 'Seal for the Company',
  'signatures.note': 'Signed electronically; the act is recorded with its evidence, apart from this document.',
} as const;
