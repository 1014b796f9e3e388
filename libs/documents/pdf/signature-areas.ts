import type { Speech } from '../domain/index.js';
import type { ContractStyles } from './contract-styles.js';
import { frameWidth, page, type PageWriter, type StructureNode } from './page-writer.js';
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

const areaGap = 24;
const areaWidth = (frameWidth - areaGap) / 2;
const sealHeight = 40;

interface Area {
  party: keyof Signers;
  seal: string;
  blocks: { lines: TextLine[]; style: TextStyle }[];
}

/**
 * The areas say who signs for each party, and each holds the field that the party's seal fills. Nothing is ever drawn
 * into them: the acts themselves and their evidence are recorded beside this document.
 */
export function writeSignatureAreas(
  writer: PageWriter,
  signers: Signers,
  speech: Speech,
  styles: ContractStyles,
): void {
  const areas = (['partner', 'company'] as const).map((party): Area => {
    const block = (text: string, style: TextStyle) => ({ lines: writer.lines(text, style, areaWidth), style });
    const names = signers[party].map(({ name, title, organisation }) => {
      const lines = [name, title, organisation].filter((line) => line !== undefined);
      return block(speech.free(lines.join('\n')), styles.body);
    });
    const note = block(speech.say('signatures.note', {}), styles.label);
    const title = block(speech.say(`signatures.${party}`, {}), styles.clause);
    return { party, seal: speech.say(`signatures.seal-${party}`, {}), blocks: [title, ...names, note] };
  });
  const height = Math.max(...areas.map(heightOf));
  writer.y += 20;
  writer.keep(styles.section.lineHeight + 8 + height);
  const section = writer.group(writer.root, 'Sect');
  writer.paragraph(section, 'H2', speech.say('signatures.heading', {}), styles.section);
  const top = writer.y + 8;
  areas.forEach((each, index) => writeArea(writer, section, each, page.left + index * (areaWidth + areaGap), top));
  writer.y = top + height;
  section.end();
}

const blockGap = 4;

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
