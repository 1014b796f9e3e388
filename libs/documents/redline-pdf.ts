import { clauseNumbers, termsHash, type Terms } from '../agreements/domain/index.js';
import { isRightToLeft, type Language } from '../kernel/language.js';
import {
  changeWords,
  contractClauses,
  contractSections,
  describeChanges,
  type Clause,
  type ContractFacts,
} from './domain/index.js';
import { markedRuns, MarkedParagraphs, type MarkedRun } from './pdf/marked-text.js';
import { ink, page, PageWriter, type StructureNode } from './pdf/page-writer.js';
import type { TextStyle } from './pdf/text-layout.js';

/** All that a redline is made from; equal inputs give equal bytes. */
export interface RedlineInput {
  before: Terms;
  after: Terms;
  /** What the two are called: `version 1`, `version 3`. */
  beforeName: string;
  afterName: string;
  facts: Pick<ContractFacts, 'programName' | 'company'>;
  language: Language;
  /** Stands as the document's creation date; pass the instant at which the newer document was made. */
  createdAt: Date;
}

const styles = {
  title: { font: 'bold', size: 18, lineHeight: 25, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  section: { font: 'bold', size: 11.5, lineHeight: 16, color: ink.text },
  clause: { font: 'bold', size: 9.5, lineHeight: 13.5, color: ink.text },
  body: { font: 'regular', size: 9.5, lineHeight: 13.5, color: ink.text },
} as const satisfies Record<string, TextStyle>;

const textLeft = page.left + 36;

/**
 * Renders what changes from one terms document to another as a tagged A4 PDF: the changes in words, then the clauses of
 * the contract with deletions struck through and insertions underlined. The bytes depend on the input alone.
 */
export async function renderRedline(input: RedlineInput): Promise<Uint8Array> {
  const { title, between } = changeWords(input.language).redline;
  const { programName, company } = input.facts;
  const writer = new PageWriter({
    title: `${title}: ${programName}`,
    author: company,
    language: input.language,
    createdAt: input.createdAt,
  });
  writeHead(writer, input);
  writeChanges(writer, input);
  writeClauses(writer, input);
  writer.footers(between(input.beforeName, input.afterName));
  return writer.finish();
}

function writeHead(writer: PageWriter, { language, facts, beforeName, afterName }: RedlineInput): void {
  const { title, between, legend } = changeWords(language).redline;
  writer.paragraph(writer.root, 'H1', title, styles.title);
  writer.paragraph(writer.root, 'P', `${facts.programName}. ${between(beforeName, afterName)}`, styles.subtitle);
  writer.paragraph(writer.root, 'P', legend, styles.subtitle);
  writer.y += 10;
}

function writeChanges(writer: PageWriter, { before, after, language }: RedlineInput): void {
  const { changes, noChanges } = changeWords(language).redline;
  writer.paragraph(writer.root, 'H2', changes, styles.section);
  writer.y += 3;
  const lines = describeChanges(before, after, language).map(({ words }) => `• ${words}`);
  for (const line of lines.length > 0 ? lines : [noChanges]) {
    writer.paragraph(writer.root, 'P', line, styles.body, page.left + 10);
    writer.y += 1.5;
  }
  writer.y += 14;
}

/** A clause with what it is about, by which it is found in the other document although its number differs. */
interface KeyedClause extends Clause {
  key: string;
}

function writeClauses(writer: PageWriter, input: RedlineInput): void {
  const { redline } = changeWords(input.language);
  const paragraphs = new MarkedParagraphs(writer, redline, isRightToLeft(input.language));
  writer.keep(styles.section.lineHeight + 4 * styles.body.lineHeight);
  writer.paragraph(writer.root, 'H2', redline.text, styles.section);
  writer.y += 4;
  const [before, after] = [keyedClauses(input.before, input), keyedClauses(input.after, input)];
  for (const { old, next } of paired(before, after)) writeClause(writer, paragraphs, old, next);
}

function writeClause(
  writer: PageWriter,
  paragraphs: MarkedParagraphs,
  old: KeyedClause | undefined,
  next: KeyedClause | undefined,
): void {
  const isSection = !(next ?? old)?.number.includes('.');
  writer.y += isSection ? 9 : 5;
  writer.keep(styles.clause.lineHeight + 2 * styles.body.lineHeight);
  const section: StructureNode = writer.group(writer.root, 'Sect');
  const heading = (clause: KeyedClause | undefined) => clause && `${clause.number} ${clause.heading}`;
  const style = isSection ? styles.section : styles.clause;
  paragraphs.write(section, isSection ? 'H3' : 'H4', markedRuns(heading(old), heading(next)), style, page.left);
  for (const line of linesOf(markedRuns(old?.text, next?.text))) {
    paragraphs.write(section, 'P', line, styles.body, textLeft);
    writer.y += 1.5;
  }
  section.end();
}

/** Runs cut at line breaks, each of which begins a paragraph of its own. */
function linesOf(runs: readonly MarkedRun[]): MarkedRun[][] {
  const lines: MarkedRun[][] = [[]];
  for (const { mark, text } of runs) {
    text.split('\n').forEach((part, index) => {
      if (index > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ mark, text: part });
    });
  }
  return lines.filter((line) => line.length > 0);
}

/** The clauses of both documents in the order of the newer one; what is gone stands where it stood. */
function paired(
  before: readonly KeyedClause[],
  after: readonly KeyedClause[],
): { old: KeyedClause | undefined; next: KeyedClause | undefined }[] {
  const kept = new Set(after.map(({ key }) => key));
  const goneAfter = new Map<string, KeyedClause[]>();
  let last = '';
  for (const clause of before) {
    if (kept.has(clause.key)) last = clause.key;
    else goneAfter.set(last, [...(goneAfter.get(last) ?? []), clause]);
  }
  const gone = (key: string) => (goneAfter.get(key) ?? []).map((old) => ({ old, next: undefined }));
  const byKey = new Map(before.map((clause) => [clause.key, clause]));
  return [...gone(''), ...after.flatMap((next) => [{ old: byKey.get(next.key), next }, ...gone(next.key)])];
}

/** Rules, bonuses and obligations are known by their id, everything else by its number. */
function keyedClauses(terms: Terms, { facts, language }: RedlineInput): KeyedClause[] {
  const told: ContractFacts = {
    ...facts,
    // Terms are compared, not contracts: whoever the partner is, it is called so.
    partner: { name: changeWords(language).redline.partner },
    effective: { kind: 'on-countersignature' },
    termsHash: termsHash(terms),
  };
  const clauses = contractClauses(terms, told, language);
  const ids = new Map([...clauseNumbers(terms)].map(([id, number]) => [number, `rule ${id}`]));
  terms.obligations?.forEach(({ id }, index) => {
    ids.set(`${contractSections.obligations}.${index + 1}`, `obligation ${id}`);
  });
  return clauses.map((clause) => ({ ...clause, key: ids.get(clause.number) ?? clause.number }));
}
