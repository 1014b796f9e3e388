import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** What a reader finds in a PDF: the text of each page with its spaces made single, and what the file says of itself. */
export interface PdfContent {
  pages: string[];
  text: string;
  title: string;
  language: string;
  tagged: boolean;
  attachments: Map<string, Uint8Array>;
}

/** Reads a PDF with pdf.js, which shares no code with what writes ours. */
export async function readPdf(bytes: Uint8Array): Promise<PdfContent> {
  const task = getDocument({ data: new Uint8Array(bytes), useSystemFonts: false, verbosity: 0 });
  try {
    const document = await task.promise;
    const pages: string[] = [];
    for (let number = 1; number <= document.numPages; number += 1) {
      const content = await (await document.getPage(number)).getTextContent();
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
    };
  } finally {
    await task.destroy();
  }
}
