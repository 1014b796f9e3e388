import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** One element of a PDF's structure, in reading order. */
export interface PdfElement {
  /** `H1`, `P`, `L`, … */
  role: string;
  children: PdfElement[];
  /** What is drawn in it itself, as pdf.js reads it from the glyphs. */
  drawn: string;
  /** What it tells instead of its drawing, where it does. */
  told?: string;
}

/** A clause as a reader of the tags finds it. */
export interface PdfClause {
  number: string;
  heading: string;
  /** The text of its paragraphs and list items, one a line. */
  lines: string[];
  /** The same as it is told to those who listen. */
  told: string[];
}

interface StructureNode {
  role?: string;
  type?: string;
  id?: string;
  alt?: string;
  children?: StructureNode[];
}

/** The structure of each page of a PDF, with the texts that are drawn in it. */
export async function readStructure(bytes: Uint8Array): Promise<PdfElement[]> {
  const task = getDocument({ data: new Uint8Array(bytes), useSystemFonts: false, verbosity: 0 });
  try {
    const document = await task.promise;
    const pages: PdfElement[] = [];
    for (let number = 1; number <= document.numPages; number += 1) {
      const page = await document.getPage(number);
      const content = await page.getTextContent({ includeMarkedContent: true });
      const texts = new Map<string, string>();
      const open: (string | undefined)[] = [];
      for (const item of content.items) {
        if ('str' in item) {
          const id = open.findLast((each) => each !== undefined);
          if (id !== undefined) texts.set(id, `${texts.get(id) ?? ''}${item.str}${item.hasEOL ? ' ' : ''}`);
        } else if (item.type === 'endMarkedContent') open.pop();
        else open.push(item.id);
      }
      const tree = (await page.getStructTree()) as StructureNode | null;
      if (tree) pages.push(toElement(tree, texts));
    }
    return pages;
  } finally {
    await task.destroy();
  }
}

function toElement(node: StructureNode, texts: ReadonlyMap<string, string>): PdfElement {
  const children = node.children ?? [];
  const own = children.filter((child) => child.type === 'content').map((child) => texts.get(child.id ?? '') ?? '');
  return {
    role: node.role ?? 'Root',
    children: children.filter((child) => child.role !== undefined).map((child) => toElement(child, texts)),
    drawn: single(own.join(' ')),
    ...(node.alt !== undefined && { told: single(node.alt) }),
  };
}

/** All elements below these, in reading order. */
export function flat(elements: readonly PdfElement[]): PdfElement[] {
  return elements.flatMap((element) => [element, ...flat(element.children)]);
}

/** The numbered clauses of a contract, by its headings. An element that goes on over a page is read in both its parts. */
export async function readClauses(bytes: Uint8Array): Promise<PdfClause[]> {
  const clauses: PdfClause[] = [];
  for (const { role, drawn, told } of flat(await readStructure(bytes))) {
    const last = clauses.at(-1);
    if (role === 'H2' || role === 'H3') {
      const [, number = '', heading = ''] = /^(\d+(?:\.\d+)?)? ?(.*)$/.exec(drawn) ?? [];
      clauses.push({ number, heading, lines: [], told: [told ?? drawn] });
    } else if ((role === 'P' || role === 'LBody') && last) {
      last.lines.push(drawn);
      last.told.push(told ?? drawn);
    }
  }
  return clauses;
}

function single(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
