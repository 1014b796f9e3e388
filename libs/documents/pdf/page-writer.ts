import PDFDocument from 'pdfkit';
import { fontOf } from './fonts.js';
import { breakLines, selectFont, setLine, shapingFeatures, type TextLine, type TextStyle } from './text-layout.js';

/** A4 in points, and the frame that texts are set in. */
export const page = { width: 595.28, height: 841.89, left: 64, right: 64, top: 64, bottom: 76 } as const;
export const frameWidth = page.width - page.left - page.right;
const frameEnd = page.height - page.bottom;

export const ink = { text: '#1c1c1c', muted: '#5c6470', rule: '#b9c0c9' } as const;

/** Scripts whose signs are drawn in another order than they are read; their text is told beside the drawing. */
const reorderedScripts = /\p{Script=Devanagari}/u;

/** A node of the document's structure tree, which screen readers and text extraction follow. */
export type StructureNode = PDFKit.PDFStructureElement;

export interface DocumentProperties {
  title: string;
  author: string;
  /** BCP 47. */
  language: string;
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

/** Writes a tagged A4 document from top to bottom, page by page. Lengths are in points. */
export class PageWriter {
  readonly document: PDFKit.PDFDocument;
  readonly root: StructureNode;
  /** Where the next text goes, from the page's upper edge. */
  y: number = page.top;
  private readonly bytes: Promise<Uint8Array>;

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
    this.root = this.document.struct('Document');
    this.document.addStructure(this.root);
  }

  /** A new child of `parent` that holds other nodes; the caller ends it. */
  group(parent: StructureNode, type: string): StructureNode {
    const node = this.document.struct(type);
    parent.add(node);
    return node;
  }

  /** Lines of a text for a column of `width` points. */
  lines(text: string, style: TextStyle, width: number = frameWidth): TextLine[] {
    return breakLines(this.document, text, style, width);
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
    parent.add(
      this.document.struct(type, {}, () => {
        for (const line of lines) {
          this.keep(style.lineHeight);
          this.line(line, style, x, this.y);
          this.y += style.lineHeight;
        }
      }),
    );
  }

  /** Writes set lines at a fixed place, as a `type` node of `parent`; the caller has seen to the room. */
  place(parent: StructureNode, type: string, lines: readonly TextLine[], style: TextStyle, x: number, y: number): void {
    parent.add(
      this.document.struct(type, {}, () => {
        lines.forEach((line, index) => this.line(line, style, x, y + index * style.lineHeight));
      }),
    );
  }

  /** One line whose box begins at `y`; every face stands on the same base line. */
  line(line: TextLine, style: TextStyle, x: number, y: number): void {
    const main = fontOf(style.font);
    const baseline = y + (main.ascent / main.unitsPerEm) * style.size;
    let left = x;
    for (const segment of line.segments) {
      selectFont(this.document, segment.font, style.size);
      const reordered = segment.rightToLeft || reorderedScripts.test(segment.text);
      if (reordered) this.document.markContent('Span', { actual: segment.text });
      this.document.fillColor(style.color).text(segment.text, left, baseline, {
        lineBreak: false,
        baseline: 'alphabetic',
        features: shapingFeatures(segment),
      });
      if (reordered) this.document.endMarkedContent();
      left += segment.width;
    }
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
    document.annotate(box.x, box.y, box.width, box.height, widget as PDFKit.Mixins.AnnotationOption);
    node.end();
    dictionaryOf(document.page.dictionary)['Tabs'] = 'S';
    this.formFields().push((document.page.annotations as unknown[]).at(-1));
  }

  /** The fields of the document's form, which is made with the first of them. */
  private formFields(): unknown[] {
    const catalog = dictionaryOf((this.document as unknown as { _root: unknown })._root);
    if (catalog['AcroForm'] === undefined) {
      selectFont(this.document, 'regular', 10);
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
      .moveTo(x, y)
      .lineTo(x + width, y)
      .stroke();
    this.document.endMarkedContent();
  }

  /** Writes `label` and the page number at the foot of every page, marked as pagination. */
  footers(label: string): void {
    const style: TextStyle = { font: 'regular', size: 7, lineHeight: 10, color: ink.muted };
    const { start, count } = this.document.bufferedPageRange();
    const y = page.height - page.bottom + 30;
    for (let index = 0; index < count; index += 1) {
      this.document.switchToPage(start + index);
      this.rule(page.left, y - 6, frameWidth);
      this.document.markContent('Artifact', { type: 'Pagination' });
      this.line(setLine(this.document, label, style), style, page.left, y);
      const number = setLine(this.document, `Page ${index + 1} of ${count}`, style);
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
