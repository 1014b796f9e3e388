import { PdfSyntaxError } from './lexer.js';
import type { PdfFile } from './pdf-file.js';
import type { PdfDictionary, PdfValue } from './values.js';

/** A page: its dictionary and the resources that it has or inherits. */
export interface PdfPage {
  dictionary: PdfDictionary;
  resources: PdfDictionary | undefined;
}

const mostPages = 2_000;
const deepest = 50;

/**
 * The pages in their order.
 *
 * @throws PdfSyntaxError where the tree is no tree
 */
export function pagesOf(file: PdfFile): PdfPage[] {
  const pages: PdfPage[] = [];
  const seen = new Set<number>();
  const walk = (value: PdfValue | undefined, inherited: PdfDictionary | undefined, depth: number): void => {
    if (value?.kind !== 'reference' || seen.has(value.number) || depth > deepest)
      throw new PdfSyntaxError('the pages form no tree', 0);
    seen.add(value.number);
    const node = file.resolve(value);
    if (node?.kind !== 'dictionary') throw new PdfSyntaxError('a page is missing', 0);
    const resources = file.dictionaryAt(node, 'Resources') ?? inherited;
    const kids = node.entries.get('Kids');
    if (kids === undefined) {
      pages.push({ dictionary: node, resources });
      if (pages.length > mostPages) throw new PdfSyntaxError('there are too many pages', 0);
    } else if (kids.kind === 'array') {
      for (const kid of kids.items) walk(kid, resources, depth + 1);
    } else {
      throw new PdfSyntaxError('the pages form no tree', 0);
    }
  };
  walk(file.catalog().entries.get('Pages'), undefined, 0);
  return pages;
}
