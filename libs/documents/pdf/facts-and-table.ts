import { frameWidth, ink, page, type PageWriter, type StructureNode } from './page-writer.js';
import type { TextLine, TextStyle } from './text-layout.js';

const styles = {
  body: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.text },
  label: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.muted },
  head: { font: 'bold', size: 8, lineHeight: 11, color: ink.muted },
  cell: { font: 'regular', size: 8, lineHeight: 11, color: ink.text },
} as const satisfies Record<string, TextStyle>;

const cellGap = 8;
const labelWidth = 110;

/** One column of a table; the widths of all, in points, add up to the frame's. */
export interface TableColumn {
  heading: string;
  width: number;
  isRight?: boolean;
}

/** Labels on the left, what they name on the right, one below the other. */
export function writeFacts(writer: PageWriter, facts: readonly (readonly [label: string, value: string])[]): void {
  for (const [label, value] of facts) {
    const [labelLine] = writer.lines(label, styles.label, labelWidth);
    const values = writer.lines(value, styles.body, frameWidth - labelWidth);
    writer.keep(values.length * styles.body.lineHeight);
    writer.root.add(
      writer.textNode('P', labelLine ? [labelLine, ...values] : values, () => {
        if (labelLine) writer.line(labelLine, styles.label, page.left, writer.y);
        values.forEach((line, index) => {
          writer.line(line, styles.body, page.left + labelWidth, writer.y + index * styles.body.lineHeight);
        });
      }),
    );
    writer.y += values.length * styles.body.lineHeight + 1;
  }
}

/** A tagged table that goes on over pages, its head repeated on each. */
export function writeTable(
  writer: PageWriter,
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): void {
  const table = writer.group(writer.root, 'Table');
  writer.keep(60);
  writeHead(writer, table, columns);
  for (const texts of rows) {
    const cells = columns.map((column, index) => writer.lines(texts[index] ?? '', styles.cell, column.width - cellGap));
    const height = Math.max(...cells.map((cell) => cell.length)) * styles.cell.lineHeight + 4;
    if (!writer.fits(height)) {
      writer.nextPage();
      writeHead(writer, table, columns);
    }
    writeRow(writer, table, 'TD', columns, cells, styles.cell);
    writer.y += height;
  }
  table.end();
}

function writeHead(writer: PageWriter, table: StructureNode, columns: readonly TableColumn[]): void {
  const cells = columns.map((column) => writer.lines(column.heading, styles.head, column.width - cellGap));
  writeRow(writer, table, 'TH', columns, cells, styles.head);
  writer.y += styles.head.lineHeight + 3;
  writer.rule(page.left, writer.y, frameWidth);
  writer.y += 4;
}

function writeRow(
  writer: PageWriter,
  table: StructureNode,
  type: 'TH' | 'TD',
  columns: readonly TableColumn[],
  cells: readonly TextLine[][],
  style: TextStyle,
): void {
  const row = writer.group(table, 'TR');
  let x: number = page.left;
  columns.forEach((column, index) => {
    const lines = cells[index] ?? [];
    const widest = Math.max(0, ...lines.map((line) => line.width));
    writer.place(row, type, lines, style, column.isRight ? x + column.width - widest : x, writer.y);
    x += column.width;
  });
  row.end();
}
