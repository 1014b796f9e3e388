import { listMark, type Clause } from '../domain/index.js';
import type { ContractStyles } from './contract-styles.js';
import { frameWidth, page, type PageWriter, type StructureNode } from './page-writer.js';
import type { TextStyle } from './text-layout.js';

/** Clause numbers hang in a column of their own, list items a step further in. */
const textLeft = page.left + 36;
const listIndent = 10;
const paragraphGap = 1.5;

/** Writes numbered clauses: each section a node of its own, with its heading, its clauses, their paragraphs and lists. */
export function writeClauses(writer: PageWriter, clauses: readonly Clause[], styles: ContractStyles): void {
  let section: StructureNode | undefined;
  for (const clause of clauses) {
    if (!section || !clause.number.includes('.')) {
      section?.end();
      section = writer.group(writer.root, 'Sect');
      writeSectionHeading(writer, section, clause, styles);
    } else {
      writeClauseHeading(writer, section, clause, styles);
    }
    writeText(writer, section, clause.text, styles.body);
  }
  section?.end();
}

function writeSectionHeading(writer: PageWriter, section: StructureNode, clause: Clause, styles: ContractStyles): void {
  writer.y += 12;
  writer.keep(styles.section.lineHeight + 4 * styles.body.lineHeight);
  if (writer.y > page.top) writer.rule(page.left, writer.y - 5, frameWidth);
  writeNumbered(writer, section, 'H2', clause, styles.section);
}

function writeClauseHeading(writer: PageWriter, section: StructureNode, clause: Clause, styles: ContractStyles): void {
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
  const [number] = writer.lines(`${clause.number} `, style);
  const heading = writer.lines(clause.heading, style, page.width - page.right - textLeft);
  section.add(
    writer.textNode(type, number ? [number, ...heading] : heading, () => {
      heading.forEach((line, index) => {
        writer.keep(style.lineHeight);
        if (index === 0 && number) writer.line(number, style, page.left, writer.y);
        writer.line(line, style, textLeft, writer.y);
        writer.y += style.lineHeight;
      });
    }),
  );
}

/** Every line of a clause's text is a paragraph of its own; those that begin with a bullet are the items of a list. */
function writeText(writer: PageWriter, section: StructureNode, text: string, style: TextStyle): void {
  if (text === '') return;
  const items: string[] = [];
  const closeList = () => {
    if (items.length > 0) writer.list(section, items.splice(0), style, textLeft, listIndent);
  };
  const paragraphs = text.split('\n');
  for (const [index, paragraph] of paragraphs.entries()) {
    if (paragraph.startsWith(listMark)) {
      items.push(paragraph.slice(listMark.length));
      continue;
    }
    closeList();
    // What introduces a list does not stay behind on another page.
    if (paragraphs[index + 1]?.startsWith(listMark)) writer.keep(3 * style.lineHeight);
    writer.paragraph(section, 'P', paragraph, style, textLeft);
    writer.y += paragraphGap;
  }
  closeList();
}
