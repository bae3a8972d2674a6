import { alignedCell } from './html';
import { show } from './output';

/** A table's cell. Numbers are aligned to the right, text to the left. */
export type TableCell = string | number;

function toText(header: readonly string[], rows: readonly (readonly TableCell[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...lines.map((line) => String(line[column]).length)),
  );
  const format = (line: readonly TableCell[]) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [format(header), rule, ...rows.map(format)].join('\n');
}

function toHtml(header: readonly string[], rows: readonly (readonly TableCell[])[]): string {
  // A title is aligned like its column.
  const sides = header.map((_, column) =>
    typeof rows[0]?.[column] === 'number' ? 'right' : 'left',
  );
  const row = (tag: 'th' | 'td', cells: readonly TableCell[]) => {
    const aligned = cells.map((cell, i) => {
      const side = tag === 'td' && typeof cell === 'number' ? 'right' : sides[i];
      return alignedCell(tag, side ?? 'left', String(cell));
    });
    return `<tr>${aligned.join('')}</tr>`;
  };
  const body = rows.map((cells) => row('td', cells)).join('\n');
  return `<table>\n<thead>${row('th', header)}</thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

/**
 * Shows a table: in a notebook as HTML, in a terminal as aligned text.
 *
 * @param header the columns' titles
 * @param rows the rows; each has one cell per title
 * @throws Error when a row has more or fewer cells than `header`
 */
export function table(header: readonly string[], rows: readonly (readonly TableCell[])[]): void {
  rows.forEach((row, index) => {
    if (row.length !== header.length) {
      throw new Error(
        `Row ${index} has ${row.length} cells; the table has ${header.length} columns.`,
      );
    }
  });
  const text = toText(header, rows);
  if (!show({ 'text/html': toHtml(header, rows), 'text/plain': text })) {
    console.log(text);
  }
}
