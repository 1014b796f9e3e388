import { frameWidth, ink, page, type PageWriter, type StructureNode, type TextStyle } from '../../documents/index.js';

export const styles = {
  title: { font: 'bold', size: 20, lineHeight: 27, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  section: { font: 'bold', size: 11.5, lineHeight: 16, color: ink.text },
  part: { font: 'bold', size: 9.5, lineHeight: 13.5, color: ink.text },
  body: { font: 'regular', size: 9, lineHeight: 13, color: ink.text },
  label: { font: 'regular', size: 9, lineHeight: 13, color: ink.muted },
  head: { font: 'bold', size: 7.5, lineHeight: 10.5, color: ink.muted },
  cell: { font: 'regular', size: 7.5, lineHeight: 10.5, color: ink.text },
} as const satisfies Record<string, TextStyle>;

/** A column of a table; the widths of all, in points, add up to the frame's. */
export interface Column {
  heading: string;
  width: number;
}

const labelWidth = 118;
const cellGap = 8;

/** Writes sections, facts and tables of a certificate from top to bottom. */
export class Sheet {
  private section: StructureNode;

  constructor(readonly writer: PageWriter) {
    this.section = writer.root;
  }

  /** The open section, for what else belongs into it. */
  get node(): StructureNode {
    return this.section;
  }

  /** A section with its heading; what is written inside belongs to it. */
  within(heading: string, content: () => void): void {
    const { writer } = this;
    writer.y += 14;
    writer.keep(styles.section.lineHeight + 4 * styles.body.lineHeight);
    if (writer.y > page.top) writer.rule(page.left, writer.y - 6, frameWidth);
    this.section = writer.group(writer.root, 'Sect');
    writer.paragraph(this.section, 'H2', heading, styles.section);
    writer.y += 3;
    content();
    this.section.end();
    this.section = writer.root;
  }

  /** A heading inside a section. */
  part(heading: string): void {
    this.writer.y += 6;
    this.writer.keep(styles.part.lineHeight + 4 * styles.body.lineHeight);
    this.writer.paragraph(this.section, 'H3', heading, styles.part);
    this.writer.y += 1;
  }

  paragraph(text: string, style: TextStyle = styles.body): void {
    for (const paragraph of text.split('\n')) {
      this.writer.paragraph(this.section, 'P', paragraph, style);
      this.writer.y += 2;
    }
  }

  /** A label with what it stands for, in two columns and one node, so that they are read together. */
  fact(label: string, value: string): void {
    const { writer } = this;
    const [labelLine] = writer.lines(label, styles.label, labelWidth);
    const valueLines = writer.lines(value, styles.body, frameWidth - labelWidth);
    this.section.add(
      writer.document.struct('P', {}, () => {
        valueLines.forEach((line, index) => {
          writer.keep(styles.body.lineHeight);
          if (index === 0 && labelLine) writer.line(labelLine, styles.label, page.left, writer.y);
          writer.line(line, styles.body, page.left + labelWidth, writer.y);
          writer.y += styles.body.lineHeight;
        });
      }),
    );
    writer.y += 1;
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const { writer } = this;
    const table = writer.group(this.section, 'Table');
    writer.keep(48);
    this.row(
      table,
      'TH',
      columns,
      columns.map(({ heading }) => heading),
    );
    writer.rule(page.left, writer.y - 1, frameWidth);
    writer.y += 2;
    for (const row of rows) this.row(table, 'TD', columns, row);
    table.end();
    writer.y += 4;
  }

  private row(table: StructureNode, type: 'TH' | 'TD', columns: readonly Column[], texts: readonly string[]): void {
    const { writer } = this;
    const style = type === 'TH' ? styles.head : styles.cell;
    const cells = columns.map(({ width }, index) => writer.lines(texts[index] ?? '', style, width - cellGap));
    const height = Math.max(...cells.map((cell) => cell.length)) * style.lineHeight + 3;
    if (!writer.fits(height)) {
      writer.nextPage();
      if (type === 'TD')
        this.row(
          table,
          'TH',
          columns,
          columns.map(({ heading }) => heading),
        );
    }
    const row = writer.group(table, 'TR');
    let x: number = page.left;
    columns.forEach(({ width }, index) => {
      writer.place(row, type, cells[index] ?? [], style, x, writer.y);
      x += width;
    });
    row.end();
    writer.y += height;
  }
}
