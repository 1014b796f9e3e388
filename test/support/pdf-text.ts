import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** What a reader finds in a PDF: the text of each page with its spaces made single, and what the file says of itself. */
export interface PdfContent {
  pages: string[];
  text: string;
  title: string;
  language: string;
  tagged: boolean;
  attachments: Map<string, Uint8Array>;
  fields: FormField[];
  /** What the file asks of its viewer, such as `DisplayDocTitle`. */
  preferences: Record<string, unknown>;
  /** The outermost edges of all text, in points from the page's left edge. */
  left: number;
  right: number;
}

/** A field of a PDF's form, with its rectangle in points from the page's lower left corner. */
export interface FormField {
  name: string;
  type: string;
  description: string;
  page: number;
  rectangle: [left: number, bottom: number, right: number, top: number];
}

interface WidgetAnnotation {
  subtype: string;
  fieldName: string;
  fieldType: string;
  alternativeText: string;
  rect: FormField['rectangle'];
}

/** Reads a PDF with pdf.js, which shares no code with what writes ours. */
export async function readPdf(bytes: Uint8Array): Promise<PdfContent> {
  const task = getDocument({ data: new Uint8Array(bytes), useSystemFonts: false, verbosity: 0 });
  try {
    const document = await task.promise;
    const pages: string[] = [];
    const fields: FormField[] = [];
    let [left, right] = [Number.POSITIVE_INFINITY, 0];
    for (let number = 1; number <= document.numPages; number += 1) {
      const page = await document.getPage(number);
      for (const annotation of (await page.getAnnotations()) as WidgetAnnotation[]) {
        const { subtype, fieldName: name, fieldType: type, alternativeText: description, rect: rectangle } = annotation;
        if (subtype === 'Widget') fields.push({ name, type, description, page: number, rectangle });
      }
      const content = await page.getTextContent();
      for (const item of content.items) {
        if (!('str' in item) || item.str.trim() === '') continue;
        const [, , , , x = 0] = item.transform as number[];
        left = Math.min(left, x);
        right = Math.max(right, x + item.width);
      }
      const text = content.items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? ' ' : ''}` : '')).join('');
      pages.push(text.replace(/\s+/g, ' '));
    }
    const { info } = await document.getMetadata();
    const properties = info as { Title?: string; Language?: string };
    const files = (await document.getAttachments()) as Record<string, { content: Uint8Array }> | null;
    return {
      pages,
      text: pages.join(' ').replace(/\s+/g, ' '),
      title: properties.Title ?? '',
      language: properties.Language ?? '',
      tagged: (await document.getMarkInfo())?.Marked ?? false,
      attachments: new Map(Object.entries(files ?? {}).map(([name, file]) => [name, file.content])),
      fields,
      preferences: ((await document.getViewerPreferences()) ?? {}) as Record<string, unknown>,
      left,
      right,
    };
  } finally {
    await task.destroy();
  }
}
