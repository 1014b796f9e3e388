import { canonicalTermsText, termsHash, type Terms } from '../agreements/domain/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Language } from '../kernel/language.js';
import type { Clause, ContractFacts } from './domain/index.js';
import { contractClauses } from './domain/index.js';
import { frameWidth, ink, page, PageWriter, type StructureNode } from './pdf/page-writer.js';
import { writeSignatureAreas, type Signers } from './pdf/signature-areas.js';
import type { TextStyle } from './pdf/text-layout.js';

/** All that a contract is rendered from; equal inputs give equal bytes. */
export interface ContractInput extends ContractFacts {
  terms: Terms;
  /** The language that the clauses are written in; English where absent. */
  language?: Language;
  /** Who signs for each party, in the order of signing; the parties themselves where absent. */
  signers?: Signers;
  /** Stands as the document's creation date; pass the instant at which the terms were accepted. */
  createdAt: Date;
}

const styles = {
  title: { font: 'bold', size: 20, lineHeight: 27, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  section: { font: 'bold', size: 11.5, lineHeight: 16, color: ink.text },
  clause: { font: 'bold', size: 9.5, lineHeight: 13.5, color: ink.text },
  body: { font: 'regular', size: 9.5, lineHeight: 13.5, color: ink.text },
  label: { font: 'regular', size: 7.5, lineHeight: 10.5, color: ink.muted },
} as const satisfies Record<string, TextStyle>;

/** Clause numbers hang in a column of their own, list items a step further in. */
const textLeft = page.left + 36;
const listIndent = 10;

/**
 * Renders a contract as a tagged A4 PDF: the clauses in words, the areas in which both signatures are told, the terms
 * hash at the foot of every page, and the canonical terms document attached as `terms.json`. The bytes depend on the
 * input alone. Throws `hash-mismatch` where `termsHash` is not that of `terms`: what is signed is what is priced.
 */
export async function renderContract(input: ContractInput): Promise<Uint8Array> {
  if (termsHash(input.terms) !== input.termsHash) {
    throw new DomainError('hash-mismatch', 'the terms hash is not the hash of the terms to be printed');
  }
  const writer = new PageWriter({
    title: `Partner agreement: ${input.programName}, ${input.partner.name}`,
    author: input.company,
    language: 'en',
    createdAt: input.createdAt,
  });
  writeHead(writer, input);
  writeClauses(writer, contractClauses(input.terms, input));
  writeSignatureAreas(writer, input.signers ?? partiesAsSigners(input));
  writer.footers(`Terms hash ${input.termsHash}`);
  attachTerms(writer, input);
  return writer.finish();
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

function writeHead(writer: PageWriter, input: ContractInput): void {
  writer.paragraph(writer.root, 'H1', 'Partner agreement', styles.title);
  writer.paragraph(
    writer.root,
    'P',
    `${input.programName}, between ${input.company} and ${input.partner.name}`,
    styles.subtitle,
  );
  writer.y += 6;
}

function writeClauses(writer: PageWriter, clauses: readonly Clause[]): void {
  let section: StructureNode | undefined;
  for (const clause of clauses) {
    if (!section || !clause.number.includes('.')) {
      section?.end();
      section = writer.group(writer.root, 'Sect');
      writeSectionHeading(writer, section, clause);
    } else {
      writeClauseHeading(writer, section, clause);
    }
    writeText(writer, section, clause.text);
  }
  section?.end();
}

function writeSectionHeading(writer: PageWriter, section: StructureNode, clause: Clause): void {
  writer.y += 12;
  writer.keep(styles.section.lineHeight + 4 * styles.body.lineHeight);
  if (writer.y > page.top) writer.rule(page.left, writer.y - 5, frameWidth);
  writeNumbered(writer, section, 'H2', clause, styles.section);
}

function writeClauseHeading(writer: PageWriter, section: StructureNode, clause: Clause): void {
  writer.y += 5;
  writer.keep(styles.clause.lineHeight + 2 * styles.body.lineHeight);
  writeNumbered(writer, section, 'H3', clause, styles.clause);
}

/** Number and heading in one node, so that they are read together, in two columns. */
function writeNumbered(
  writer: PageWriter,
  section: StructureNode,
  type: string,
  clause: Clause,
  style: TextStyle,
): void {
  const [number] = writer.lines(clause.number, style);
  const heading = writer.lines(clause.heading, style, page.width - page.right - textLeft);
  section.add(
    writer.document.struct(type, {}, () => {
      heading.forEach((line, index) => {
        writer.keep(style.lineHeight);
        if (index === 0 && number) writer.line(number, style, page.left, writer.y);
        writer.line(line, style, textLeft, writer.y);
        writer.y += style.lineHeight;
      });
    }),
  );
}

/** Every line of a clause's text is a paragraph of its own; list items step in. */
function writeText(writer: PageWriter, section: StructureNode, text: string): void {
  if (text === '') return;
  for (const paragraph of text.split('\n')) {
    const left = paragraph.startsWith('• ') ? textLeft + listIndent : textLeft;
    writer.paragraph(section, 'P', paragraph, styles.body, left);
    writer.y += 1.5;
  }
}

function partiesAsSigners({ partner, company }: ContractInput): Signers {
  const organisation = partner.company === undefined ? {} : { organisation: partner.company };
  return { partner: [{ name: partner.name, ...organisation }], company: [{ name: company }] };
}
