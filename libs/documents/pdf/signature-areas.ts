import { frameWidth, ink, page, type PageWriter, type StructureNode } from './page-writer.js';
import type { TextLine, TextStyle } from './text-layout.js';

/** One person who signs, as the signature area names them. */
export interface SignerLine {
  name: string;
  /** What the person is in the organisation: `Managing director`. */
  title?: string;
  organisation?: string;
}

/** Who signs for each party, in the order of signing. */
export interface Signers {
  partner: readonly SignerLine[];
  company: readonly SignerLine[];
}

/** The names of the two signature fields that a contract reserves; each party's seal goes into its own. */
export const signatureFields = { partner: 'PartnerSeal', company: 'CompanySeal' } as const;

const styles = {
  section: { font: 'bold', size: 11.5, lineHeight: 16, color: ink.text },
  party: { font: 'bold', size: 9.5, lineHeight: 13.5, color: ink.text },
  body: { font: 'regular', size: 9.5, lineHeight: 13.5, color: ink.text },
  label: { font: 'regular', size: 7.5, lineHeight: 10.5, color: ink.muted },
} as const satisfies Record<string, TextStyle>;

const areaGap = 24;
const areaWidth = (frameWidth - areaGap) / 2;
const sealHeight = 40;

interface Area {
  party: keyof Signers;
  title: string;
  seal: string;
  blocks: { lines: TextLine[]; style: TextStyle }[];
}

/**
 * The areas say who signs for each party, and each holds the field that the party's seal fills. Nothing is ever drawn
 * into them: the acts themselves and their evidence are recorded beside this document.
 */
export function writeSignatureAreas(writer: PageWriter, signers: Signers): void {
  const areas = [
    area(writer, 'partner', 'For the Partner', signers.partner),
    area(writer, 'company', 'For the Company', signers.company),
  ];
  const height = Math.max(...areas.map(heightOf));
  writer.y += 20;
  writer.keep(styles.section.lineHeight + 8 + height);
  const section = writer.group(writer.root, 'Sect');
  writer.paragraph(section, 'H2', 'Signatures', styles.section);
  const top = writer.y + 8;
  areas.forEach((each, index) => writeArea(writer, section, each, page.left + index * (areaWidth + areaGap), top));
  writer.y = top + height;
  section.end();
}

const blockGap = 4;

function area(writer: PageWriter, party: keyof Signers, title: string, signers: readonly SignerLine[]): Area {
  const block = (text: string, style: TextStyle) => ({ lines: writer.lines(text, style, areaWidth), style });
  const names = signers.map(({ name, title: office, organisation }) =>
    block([name, office, organisation].filter((line) => line !== undefined).join('\n'), styles.body),
  );
  const note = block('Electronic signature, recorded separately with its evidence', styles.label);
  return { party, title, seal: `Seal ${title.toLowerCase()}`, blocks: [block(title, styles.party), ...names, note] };
}

function heightOf({ blocks }: Area): number {
  return blocks.reduce((sum, block) => sum + blockHeight(block) + blockGap, 0) + sealHeight;
}

function blockHeight({ lines, style }: Area['blocks'][number]): number {
  return lines.length * style.lineHeight;
}

function writeArea(
  writer: PageWriter,
  section: StructureNode,
  { party, seal, blocks }: Area,
  x: number,
  y: number,
): void {
  let top = y;
  for (const block of blocks) {
    writer.place(section, 'P', block.lines, block.style, x, top);
    top += blockHeight(block) + blockGap;
  }
  writer.rule(x, top, areaWidth);
  const box = { x, y: top, width: areaWidth, height: sealHeight };
  writer.signatureField(section, { name: signatureFields[party], description: seal }, box);
}
