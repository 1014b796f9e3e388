import PDFDocument from 'pdfkit';
import { isRightToLeft, type Language } from '../../kernel/language.js';
import { fontOf } from './fonts.js';
import { breakLines, setLine, type TextLine, type TextStyle } from './text-layout.js';
import { TextPainter } from './text-painter.js';

/** A4 in points, and the frame that texts are set in. */
export const page = { width: 595.28, height: 841.89, left: 64, right: 64, top: 64, bottom: 76 } as const;
export const frameWidth = page.width - page.left - page.right;
const frameEnd = page.height - page.bottom;

export const ink = { text: '#1c1c1c', muted: '#5c6470', rule: '#b9c0c9' } as const;

/** What stands between the items of a list, and behind the last. */
const listGap = 1.5;

/** A node of the document's structure tree, which screen readers and text extraction follow. */
export type StructureNode = PDFKit.PDFStructureElement;

export interface DocumentProperties {
  title: string;
  author: string;
  language: Language;
  /** Stands as creation and modification date, so that the same input gives the same bytes. */
  createdAt: Date;
}

/** A rectangle in points from the page's upper left corner. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface FieldName {
  /** By which a sealing program finds the field. */
  name: string;
  /** Told by screen readers and as a tooltip. */
  description: string;
}

/** ISO 32000, table 165: the annotation is printed (bit 3), and cannot be moved or removed (bit 8). */
const fieldFlags = 4 | 128;

/** ISO 32000, table 219: the document holds signature fields and may only be appended to. */
const signaturesExist = 1;
const appendOnly = 2;

/**
 * Writes a tagged A4 document from top to bottom, page by page. Lengths are in points; `x` counts from the edge at which
 * lines of the document's language begin, which for Arabic is the right one.
 */
export class PageWriter {
  readonly document: PDFKit.PDFDocument;
  readonly root: StructureNode;
  /** Where the next text goes, from the page's upper edge. */
  y: number = page.top;
  private readonly bytes: Promise<Uint8Array>;
  private readonly painter: TextPainter;
  private readonly isRightToLeft: boolean;

  constructor(properties: DocumentProperties) {
    const { title, author, language, createdAt } = properties;
    this.document = new PDFDocument({
      size: [page.width, page.height],
      margin: 0,
      pdfVersion: '1.7',
      lang: language,
      tagged: true,
      displayTitle: true,
      bufferPages: true,
      font: '',
      info: { Title: title, Author: author, Creator: 'Pactline', CreationDate: createdAt, ModDate: createdAt },
    });
    this.bytes = collect(this.document);
    this.painter = new TextPainter(this.document);
    this.isRightToLeft = isRightToLeft(language);
    this.root = this.document.struct('Document');
    if (this.isRightToLeft) this.turn();
    this.document.addStructure(this.root);
  }

  /** Tells readers that pages follow each other, and lines are read, from right to left (ISO 32000, 12.2 and 14.8.5). */
  private turn(): void {
    const catalog = dictionaryOf((this.document as unknown as { _root: unknown })._root);
    dictionaryOf(catalog['ViewerPreferences'])['Direction'] = 'R2L';
    dictionaryOf((this.root as unknown as { dictionary: unknown }).dictionary)['A'] = {
      O: 'Layout',
      WritingMode: 'RlTb',
    };
  }

  /** A new child of `parent` that holds other nodes; the caller ends it. */
  group(parent: StructureNode, type: string): StructureNode {
    const node = this.document.struct(type);
    parent.add(node);
    return node;
  }

  /** Lines of a text for a column of `width` points. */
  lines(text: string, style: TextStyle, width: number = frameWidth): TextLine[] {
    return breakLines(text, style, width, this.isRightToLeft);
  }

  /** Whether `height` points are left on this page. */
  fits(height: number): boolean {
    return this.y + height <= frameEnd;
  }

  /** Starts a new page unless `height` points are left on this one. */
  keep(height: number): void {
    if (!this.fits(height)) this.nextPage();
  }

  /** Goes on at the top of a new page, inside the structure that is being written. */
  nextPage(): void {
    this.document.continueOnNewPage();
    this.y = page.top;
  }

  /** Writes a paragraph at `x`, over as many pages as it takes, as a `type` node of `parent`. */
  paragraph(parent: StructureNode, type: string, text: string, style: TextStyle, x: number = page.left): void {
    const lines = this.lines(text, style, page.width - page.right - x);
    parent.add(this.textNode(type, lines, () => this.flow(lines, style, x)));
  }

  /**
   * A `type` node that `draw` fills with these lines. Where they are drawn in another order than they are read, the node
   * carries their text as well, for those who listen (ISO 32000, 14.9.4).
   */
  textNode(type: string, lines: readonly TextLine[], draw: () => void): StructureNode {
    const isReordered = lines.some((line) => line.isReordered && line.text.length > 1);
    const options = isReordered ? { actual: lines.map(({ text }) => text).join(' ') } : {};
    return this.document.struct(type, options, draw);
  }

  private flow(lines: readonly TextLine[], style: TextStyle, x: number): void {
    for (const line of lines) {
      this.keep(style.lineHeight);
      this.line(line, style, x, this.y);
      this.y += style.lineHeight;
    }
  }

  /** Writes a bulleted list at `x`, tagged as one: bullets hang before their items, which stand `indent` further in. */
  list(parent: StructureNode, items: readonly string[], style: TextStyle, x: number, indent: number): void {
    const list = this.group(parent, 'L');
    const bullet = setLine('•', style, this.isRightToLeft);
    for (const text of items) {
      const lines = this.lines(text, style, page.width - page.right - x - indent);
      const item = this.group(list, 'LI');
      this.keep(style.lineHeight);
      this.place(item, 'Lbl', [bullet], style, x, this.y);
      item.add(this.textNode('LBody', lines, () => this.flow(lines, style, x + indent)));
      item.end();
      this.y += listGap;
    }
    list.end();
  }

  /** Writes set lines at a fixed place, as a `type` node of `parent`; the caller has seen to the room. */
  place(parent: StructureNode, type: string, lines: readonly TextLine[], style: TextStyle, x: number, y: number): void {
    parent.add(
      this.textNode(type, lines, () => {
        lines.forEach((line, index) => this.line(line, style, x, y + index * style.lineHeight));
      }),
    );
  }

  /** One line whose box begins at `y`; every face stands on the same base line. */
  line(line: TextLine, style: TextStyle, x: number, y: number): void {
    const main = fontOf(style.font);
    const baseline = y + (main.ascent / main.unitsPerEm) * style.size;
    this.painter.draw(line, style, this.left(x, line.width), baseline);
  }

  /** The left end of what begins at `x`: pages of languages that are read from right to left are their mirror image. */
  private left(x: number, width: number): number {
    return this.isRightToLeft ? page.width - x - width : x;
  }

  /**
   * An empty signature field with a blank appearance, as a `Form` node of `parent`: what fills it later shows nothing on
   * the page. Its place counts from the page's upper edge.
   */
  signatureField(parent: StructureNode, field: FieldName, box: Box): void {
    const { document } = this;
    const appearance = document.ref({
      Type: 'XObject',
      Subtype: 'Form',
      BBox: [0, 0, box.width, box.height],
      Resources: {},
    });
    appearance.end(Buffer.from('q Q'));
    const node = this.group(parent, 'Form');
    const widget = {
      Subtype: 'Widget',
      FT: 'Sig',
      T: pdfString(field.name),
      TU: pdfString(field.description),
      F: fieldFlags,
      P: document.page.dictionary,
      AP: { N: appearance },
      structParent: node,
    };
    document.annotate(
      this.left(box.x, box.width),
      box.y,
      box.width,
      box.height,
      widget as PDFKit.Mixins.AnnotationOption,
    );
    node.end();
    dictionaryOf(document.page.dictionary)['Tabs'] = 'S';
    this.formFields().push((document.page.annotations as unknown[]).at(-1));
  }

  /** The fields of the document's form, which is made with the first of them. */
  private formFields(): unknown[] {
    const catalog = dictionaryOf((this.document as unknown as { _root: unknown })._root);
    if (catalog['AcroForm'] === undefined) {
      this.document.font(fontOf('regular') as unknown as Uint8Array, 'regular');
      this.document.initForm();
      const form = dictionaryOf(catalog['AcroForm']);
      // Readers must not draw appearances of their own, which would change what was signed.
      delete form['NeedAppearances'];
      form['SigFlags'] = signaturesExist | appendOnly;
    }
    return dictionaryOf(catalog['AcroForm'])['Fields'] as unknown[];
  }

  /** A hairline, marked as decoration. */
  rule(x: number, y: number, width: number): void {
    this.document.markContent('Artifact', { type: 'Layout' });
    this.document
      .lineWidth(0.5)
      .strokeColor(ink.rule)
      .moveTo(this.left(x, width), y)
      .lineTo(this.left(x, width) + width, y)
      .stroke();
    this.document.endMarkedContent();
  }

  /** Writes `label` and the page number at the foot of every page, marked as pagination. */
  footers(label: string, pageOf = (number: number, count: number) => `Page ${number} of ${count}`): void {
    const style: TextStyle = { font: 'regular', size: 7, lineHeight: 10, color: ink.muted };
    const { start, count } = this.document.bufferedPageRange();
    const y = page.height - page.bottom + 30;
    for (let index = 0; index < count; index += 1) {
      this.document.switchToPage(start + index);
      this.rule(page.left, y - 6, frameWidth);
      this.document.markContent('Artifact', { type: 'Pagination' });
      this.line(setLine(label, style, this.isRightToLeft), style, page.left, y);
      const number = setLine(pageOf(index + 1, count), style, this.isRightToLeft);
      this.line(number, style, page.width - page.right - number.width, y);
      this.document.endMarkedContent();
    }
  }

  /** Closes the document; gives its bytes. */
  async finish(): Promise<Uint8Array> {
    this.root.end();
    this.document.end();
    return this.bytes;
  }
}

function collect(document: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
}

/** The entries of a PDF dictionary before it is written, which pdfkit's types leave out. */
function dictionaryOf(reference: unknown): Record<string, unknown> {
  return (reference as { data: Record<string, unknown> }).data;
}

/** A text, which pdfkit tells from a name by its being a String object. */
function pdfString(text: string): unknown {
  return Object(text);
}
