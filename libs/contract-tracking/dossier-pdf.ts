import { frameWidth, ink, page, PageWriter, type StructureNode, type TextStyle } from '../documents/index.js';
import { dossierSections, type DossierBlock, type DossierSection } from './dossier-content.js';
import type { PartnerTrail } from './partner-trail.js';

const styles = {
  title: { font: 'bold', size: 18, lineHeight: 25, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  section: { font: 'bold', size: 13, lineHeight: 18, color: ink.text },
  heading: { font: 'bold', size: 9.5, lineHeight: 13.5, color: ink.text },
  body: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.text },
  label: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.muted },
  head: { font: 'bold', size: 7.5, lineHeight: 10.5, color: ink.muted },
  cell: { font: 'regular', size: 7.5, lineHeight: 10.5, color: ink.text },
} as const satisfies Record<string, TextStyle>;

const labelWidth = 110;
const cellGap = 8;

/** The newest thing that the trail tells of: a dossier is as old as what it says, not as its reading. */
export function recordedUntil({ timeline, partner }: PartnerTrail): Date {
  return timeline.at(-1)?.at ?? partner.createdAt;
}

/**
 * Renders a partner's trail as a tagged A4 PDF with a table of contents. The bytes depend on the trail's facts alone: the
 * same record gives the same dossier, and so the same hash.
 */
export async function renderDossier(trail: PartnerTrail, company: string): Promise<Uint8Array> {
  const sections = dossierSections(trail);
  // The contents stand in front of what they number: a first setting tells the pages, the second prints them.
  const draft = write(trail, company, sections, []);
  await draft.writer.finish();
  const { writer } = write(trail, company, sections, draft.pages);
  return writer.finish();
}

/** Sets the whole; the page on which each section begins, counted from 1. */
function write(
  trail: PartnerTrail,
  company: string,
  sections: readonly DossierSection[],
  known: readonly number[],
): { writer: PageWriter; pages: number[] } {
  const { partner } = trail;
  const until = recordedUntil(trail);
  const title = `Dossier of partner ${partner.reference}`;
  const writer = new PageWriter({ title, author: company, language: 'en', createdAt: until });
  writer.paragraph(writer.root, 'H1', title, styles.title);
  const recorded = `All that is recorded until ${until.toISOString()}. Instants are in UTC; hashes are SHA-256.`;
  writer.paragraph(writer.root, 'P', recorded, styles.subtitle);
  writer.y += 14;
  writeContents(writer, sections, known);
  const pages = sections.map((section, index) => writeSection(writer, section, index + 1));
  writer.footers(`Partner ${partner.id}`);
  return { writer, pages };
}

function writeContents(writer: PageWriter, sections: readonly DossierSection[], pages: readonly number[]): void {
  writer.paragraph(writer.root, 'H2', 'Contents', styles.section);
  writer.y += 3;
  const contents = writer.group(writer.root, 'TOC');
  sections.forEach(({ title }, index) => {
    const lines = writer.lines(`${index + 1}. ${title}`, styles.body);
    const [number] = writer.lines(String(pages[index] ?? 0), styles.body);
    const item = writer.group(contents, 'TOCI');
    writer.place(item, 'Reference', lines, styles.body, page.left, writer.y);
    if (number) writer.place(item, 'P', [number], styles.body, page.width - page.right - number.width, writer.y);
    item.end();
    writer.y += styles.body.lineHeight + 2;
  });
  contents.end();
  writer.y += 12;
}

function writeSection(writer: PageWriter, { title, blocks }: DossierSection, number: number): number {
  writer.y += 10;
  writer.keep(styles.section.lineHeight + 4 * styles.body.lineHeight);
  const { start, count } = writer.document.bufferedPageRange();
  const section = writer.group(writer.root, 'Sect');
  writer.paragraph(section, 'H2', `${number}. ${title}`, styles.section);
  writer.y += 3;
  for (const block of blocks) writeBlock(writer, section, block);
  section.end();
  return start + count;
}

function writeBlock(writer: PageWriter, section: StructureNode, block: DossierBlock): void {
  if (block.kind === 'heading') {
    writer.y += 6;
    writer.keep(styles.heading.lineHeight + 3 * styles.cell.lineHeight + 8);
    writer.paragraph(section, 'H3', block.text, styles.heading);
    writer.y += 2;
  } else if (block.kind === 'sentence') {
    writer.paragraph(section, 'P', block.text, styles.body);
  } else if (block.kind === 'facts') {
    for (const [label, value] of block.facts) writeFact(writer, section, label, value);
    writer.y += 4;
  } else {
    writeTable(writer, section, block);
  }
}

function writeFact(writer: PageWriter, section: StructureNode, label: string, value: string): void {
  const [labelLine] = writer.lines(label, styles.label, labelWidth);
  const lines = writer.lines(value, styles.body, frameWidth - labelWidth);
  const fact = writer.group(section, 'P');
  lines.forEach((line, index) => {
    writer.keep(styles.body.lineHeight);
    if (index === 0 && labelLine) writer.place(fact, 'Span', [labelLine], styles.label, page.left, writer.y);
    writer.place(fact, 'Span', [line], styles.body, page.left + labelWidth, writer.y);
    writer.y += styles.body.lineHeight;
  });
  fact.end();
  writer.y += 1;
}

function writeTable(
  writer: PageWriter,
  section: StructureNode,
  { columns, rows }: Extract<DossierBlock, { kind: 'table' }>,
): void {
  const node = writer.group(section, 'Table');
  const header = (): void => {
    writeRow(
      writer,
      node,
      'TH',
      columns.map(({ heading }) => heading),
      columns,
      styles.head,
    );
    writer.rule(page.left, writer.y, frameWidth);
    writer.y += 3;
  };
  writer.keep(styles.head.lineHeight + 3 * styles.cell.lineHeight);
  header();
  for (const row of rows) {
    if (!writer.fits(rowHeight(writer, row, columns))) {
      writer.nextPage();
      header();
    }
    writeRow(writer, node, 'TD', row, columns, styles.cell);
  }
  node.end();
  writer.y += 4;
}

type Columns = Extract<DossierBlock, { kind: 'table' }>['columns'];

/** Cells are as high as their longest text, which a page holds: what people may write is bounded, and cut here. */
const maxCellLines = 40;

function cellLines(writer: PageWriter, text: string, width: number, style: TextStyle) {
  const lines = writer.lines(text, style, width - cellGap);
  const [cut] = writer.lines('…', style);
  return lines.length <= maxCellLines || !cut ? lines : [...lines.slice(0, maxCellLines), cut];
}

function rowHeight(writer: PageWriter, row: readonly string[], columns: Columns): number {
  const heights = row.map((text, index) => cellLines(writer, text, columns[index]!.width, styles.cell).length);
  return Math.max(1, ...heights) * styles.cell.lineHeight + 3;
}

function writeRow(
  writer: PageWriter,
  table: StructureNode,
  type: 'TH' | 'TD',
  texts: readonly string[],
  columns: Columns,
  style: TextStyle,
): void {
  const row = writer.group(table, 'TR');
  let x: number = page.left;
  let lines = 1;
  columns.forEach(({ width }, index) => {
    const cell = cellLines(writer, texts[index] ?? '', width, style);
    writer.place(row, type, cell, style, x, writer.y);
    lines = Math.max(lines, cell.length);
    x += width;
  });
  row.end();
  writer.y += lines * style.lineHeight + 3;
}
