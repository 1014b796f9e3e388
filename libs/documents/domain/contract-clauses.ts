import { clauseNumbers, timeZoneOf, type Terms } from '../../agreements/domain/index.js';
import { contractSections, type Clause, type ContractFacts } from './clause.js';
import { englishBonusHeading, englishBonusText } from './english-bonus-clauses.js';
import { englishRuleHeading, englishRuleText } from './english-commission-clauses.js';
import {
  englishAttributionClauses,
  englishCommissionIntroduction,
  englishLegalClauses,
  englishObligationClauses,
  englishPartyClauses,
  englishPaymentClauses,
  englishTermClauses,
  englishTermsDocumentClauses,
  englishTierClauses,
  type UnnumberedClause,
} from './english-general-clauses.js';
import { englishWording, type Wording } from './wording.js';

/**
 * The numbered plain-language clauses of a contract, in reading order: each section, then the clauses in it. Every
 * field of the terms is said in one of them. The numbers of rules and bonuses are those of `clauseNumbers`, which
 * commission lines cite; a section that the terms lack is left out and leaves a gap in the numbers.
 */
export function contractClauses(terms: Terms, facts: ContractFacts): Clause[] {
  const wording = englishWording(terms.currency, timeZoneOf(terms));
  const { parties, payment, term, termsDocument } = contractSections;
  return [
    ...section(parties, 'Parties and purpose', englishPartyClauses(terms, facts, wording)),
    ...commissionSection(terms, wording),
    ...bonusSection(terms, wording),
    ...optionalSections(terms, wording),
    ...section(payment, 'Payment', englishPaymentClauses(terms.payment, wording)),
    ...section(term, 'Term and end', englishTermClauses(terms.term, wording)),
    ...closingSections(terms, wording),
    ...section(termsDocument, 'The terms document', englishTermsDocumentClauses(terms.schema, facts.termsHash)),
  ];
}

/** A section and its clauses, numbered by their place; nothing where there are no clauses. */
function section(number: number, heading: string, clauses: readonly UnnumberedClause[], text = ''): Clause[] {
  if (clauses.length === 0) return [];
  const numbered = clauses.map((clause, index) => ({ number: `${number}.${index + 1}`, ...clause }));
  return [{ number: `${number}`, heading, text }, ...numbered];
}

function commissionSection(terms: Terms, wording: Wording): Clause[] {
  if (terms.commissions.length === 0) return [];
  const numbers = clauseNumbers(terms);
  return [
    { number: `${contractSections.commissions}`, heading: 'Commissions', text: englishCommissionIntroduction() },
    ...terms.commissions.map((rule) => ({
      number: numberOf(numbers, rule.id),
      heading: englishRuleHeading(rule, wording),
      text: englishRuleText(rule, wording),
    })),
  ];
}

function bonusSection(terms: Terms, wording: Wording): Clause[] {
  if (!terms.bonuses || terms.bonuses.length === 0) return [];
  const numbers = clauseNumbers(terms);
  return [
    { number: `${contractSections.bonuses}`, heading: 'Bonuses', text: '' },
    ...terms.bonuses.map((bonus) => ({
      number: numberOf(numbers, bonus.id),
      heading: englishBonusHeading(bonus),
      text: englishBonusText(bonus, wording),
    })),
  ];
}

function numberOf(numbers: ReadonlyMap<string, string>, id: string): string {
  const number = numbers.get(id);
  if (number === undefined) throw new Error(`no clause number for ${id}`);
  return number;
}

function optionalSections(terms: Terms, wording: Wording): Clause[] {
  const { tiers, attribution } = terms;
  return [
    ...section(contractSections.tiers, 'Tiers', tiers ? englishTierClauses(tiers, wording) : []),
    ...section(
      contractSections.attribution,
      'Attribution',
      attribution ? englishAttributionClauses(attribution, wording) : [],
    ),
  ];
}

function closingSections(terms: Terms, wording: Wording): Clause[] {
  return [
    ...section(contractSections.obligations, 'Obligations of the Partner', englishObligationClauses(terms, wording)),
    ...section(contractSections.legal, 'Legal', englishLegalClauses(terms.legal ?? {})),
  ];
}
