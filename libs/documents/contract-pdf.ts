import { canonicalTermsText, termsHash, type Terms } from '../agreements/domain/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Language } from '../kernel/language.js';
import { contractClauses, contractSpeech, pageLabels, styleErrors, withoutTurns } from './domain/index.js';
import type { ContractFacts, ContractStyle, Speech } from './domain/index.js';
import { writeClauses } from './pdf/clause-writer.js';
import { contractStyles, type ContractStyles } from './pdf/contract-styles.js';
import { PageWriter } from './pdf/page-writer.js';
import { writeSignatureAreas, type Signers } from './pdf/signature-areas.js';

/** All that a contract is rendered from; equal inputs give equal bytes. */
export interface ContractInput extends ContractFacts {
  terms: Terms;
  /** The language that the clauses are written in; English where absent. */
  language?: Language;
  /** The words that the program's contracts have of their own; those of the clause library where absent. */
  style?: ContractStyle;
  /** Who signs for each party, in the order of signing; the parties themselves where absent. */
  signers?: Signers;
  /** Stands as the document's creation date; pass the instant at which the terms were accepted. */
  createdAt: Date;
}

/**
 * Renders a contract as a tagged A4 PDF: the clauses in words, an area and an empty signature field for each party, the
 * terms hash at the foot of every page, and the canonical terms document attached as `terms.json`. The bytes depend on
 * the input alone. Throws DomainError `hash-mismatch` where `termsHash` is not that of `terms` (what is signed is what
 * is priced), and `invalid-document` with pointers below `/style` where the program's own words do not fit the library.
 */
export async function renderContract(given: ContractInput): Promise<Uint8Array> {
  if (termsHash(given.terms) !== given.termsHash) {
    throw new DomainError('hash-mismatch', 'the terms hash is not the hash of the terms to be printed');
  }
  const { terms, language = 'en', style = {} } = given;
  refuseWrongStyle(style, language);
  const input = withoutTurns(given);
  const speech = contractSpeech(terms, language, style);
  const styles = contractStyles(language);
  const writer = new PageWriter({
    title: `${speech.say('document.title', {})}: ${input.programName}, ${input.partner.name}`,
    author: input.company,
    language,
    createdAt: input.createdAt,
  });
  writeHead(writer, input, speech, styles);
  writeClauses(writer, contractClauses(terms, input, language, style), styles);
  writeSignatureAreas(writer, input.signers ?? partiesAsSigners(input), speech, styles);
  const labels = pageLabels(language, style.numerals);
  writer.footers(labels.hash(input.termsHash), labels.page);
  attachTerms(writer, given);
  return writer.finish();
}

function refuseWrongStyle(style: ContractStyle, language: Language): void {
  const errors = styleErrors(style, [language]).map(({ pointer, message }) => ({
    pointer: `/style${pointer}`,
    message,
  }));
  if (errors.length > 0) {
    throw new DomainError('invalid-document', 'the program’s own words do not fit the clause library', errors);
  }
}

function writeHead(writer: PageWriter, input: ContractInput, speech: Speech, styles: ContractStyles): void {
  const { programName: program, company, partner } = input;
  writer.paragraph(writer.root, 'H1', speech.say('document.title', {}), styles.title);
  const subtitle = speech.say('document.subtitle', { program, company, partner: partner.name });
  writer.paragraph(writer.root, 'P', subtitle, styles.subtitle);
  writer.y += 6;
}

function partiesAsSigners({ partner, company }: ContractInput): Signers {
  const organisation = partner.company === undefined ? {} : { organisation: partner.company };
  return { partner: [{ name: partner.name, ...organisation }], company: [{ name: company }] };
}

function attachTerms(writer: PageWriter, input: ContractInput): void {
  const attachment = {
    name: 'terms.json',
    type: 'application/json',
    description: 'The canonical terms document that this contract prints',
    creationDate: input.createdAt,
    modifiedDate: input.createdAt,
    relationship: 'Data',
  };
  writer.document.file(Buffer.from(canonicalTermsText(input.terms)), attachment);
}
