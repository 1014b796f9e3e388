import { clauseNumbers, timeZoneOf, type Terms } from '../../agreements/domain/index.js';
import type { Language } from '../../kernel/language.js';
import { bonusClause } from './bonus-clauses.js';
import { contractSections, type Clause, type ContractFacts, type UnnumberedClause } from './clause.js';
import { commissionIntroduction, ruleClause } from './commission-clauses.js';
import {
  legalClauses,
  obligationClauses,
  partyClauses,
  paymentClauses,
  salesClauses,
  supportClauses,
  termClauses,
  termsDocumentClauses,
  tierClauses,
} from './general-clauses.js';
import { ownClauseText, type ContractStyle } from './contract-style.js';
import { withoutTurns } from './direction.js';
import { Speech } from './speech.js';

/** The speech that a contract on these terms is written in. */
export function contractSpeech(terms: Terms, language: Language, style: ContractStyle = {}): Speech {
  const context = { currency: terms.currency, timeZone: timeZoneOf(terms) };
  const numerals = style.numerals === undefined ? {} : { numerals: style.numerals };
  return new Speech(language, { ...context, ...numerals }, style.wordings?.[language]);
}

/**
 * The numbered plain-language clauses of a contract, in reading order: each section, then the clauses in it. Every
 * field of the terms is said in one of them. The numbers of rules and bonuses are those of `clauseNumbers`, which
 * commission lines cite; a section that the terms lack is left out and leaves a gap in the numbers.
 */
export function contractClauses(
  terms: Terms,
  facts: ContractFacts,
  language: Language = 'en',
  style: ContractStyle = {},
): Clause[] {
  const speech = contractSpeech(terms, language, style);
  return clausesIn(speech, withoutTurns(terms), withoutTurns(facts), withoutTurns(style));
}

function clausesIn(speech: Speech, terms: Terms, facts: ContractFacts, style: ContractStyle): Clause[] {
  const { tiers, obligations, legal } = terms;
  const numbers = clauseNumbers(terms);
  const numbered = (id: string, clause: UnnumberedClause): Clause => ({ number: numberOf(numbers, id), ...clause });
  const introduction = terms.commissions.length > 0 ? commissionIntroduction(speech) : '';
  const own = (style.clauses ?? []).map((clause) => ownClauseText(clause, speech.language));
  return [
    ...section('parties', partyClauses(terms, facts, speech), speech),
    ...numberedSection(
      'commissions',
      terms.commissions.map((rule) => numbered(rule.id, ruleClause(rule, speech))),
      speech,
      introduction,
    ),
    ...numberedSection(
      'bonuses',
      (terms.bonuses ?? []).map((bonus) => numbered(bonus.id, bonusClause(bonus, speech))),
      speech,
    ),
    ...section('tiers', tiers ? tierClauses(tiers, speech) : [], speech),
    ...section('sales', salesClauses(terms, speech), speech),
    ...section('payment', paymentClauses(terms.payment, speech), speech),
    ...section('term', termClauses(terms.term, speech), speech),
    ...section('obligations', obligations ? obligationClauses(terms, speech) : [], speech),
    ...section('support', supportClauses(style.support, speech), speech),
    ...section('legal', legal ? legalClauses(legal, speech) : [], speech),
    ...section(
      'programClauses',
      own.map(({ heading, text }) => ({ heading, text: text.replace(/\r\n?/g, '\n') })),
      speech,
    ),
    ...section('termsDocument', termsDocumentClauses(terms.schema, facts.termsHash, speech), speech),
  ];
}

const headings = {
  parties: 'parties.section',
  commissions: 'commissions.section',
  bonuses: 'bonuses.section',
  tiers: 'tiers.section',
  sales: 'sales.section',
  payment: 'payment.section',
  term: 'term.section',
  obligations: 'obligations.section',
  support: 'support.section',
  legal: 'legal.section',
  programClauses: 'program-clauses.section',
  termsDocument: 'terms-document.section',
} as const satisfies Record<keyof typeof contractSections, string>;

type SectionName = keyof typeof contractSections;

/** A section and its clauses, numbered by their place; nothing where there are no clauses. */
function section(name: SectionName, clauses: readonly UnnumberedClause[], speech: Speech): Clause[] {
  const numbered = clauses.map((clause, index) => ({ number: `${contractSections[name]}.${index + 1}`, ...clause }));
  return numberedSection(name, numbered, speech);
}

function numberedSection(name: SectionName, clauses: readonly Clause[], speech: Speech, text = ''): Clause[] {
  if (clauses.length === 0) return [];
  return [{ number: `${contractSections[name]}`, heading: speech.say(headings[name], {}), text }, ...clauses];
}

function numberOf(numbers: ReadonlyMap<string, string>, id: string): string {
  const number = numbers.get(id);
  if (number === undefined) throw new Error(`no clause number for ${id}`);
  return number;
}
