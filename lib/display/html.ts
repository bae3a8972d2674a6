const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/**
 * Escapes text for use between HTML's tags and in quoted attributes.
 *
 * @param text any text.
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

/**
 * A cell of an HTML table. JupyterLab's own style overrides the attribute `align`, and GitHub
 * removes styles: each cell has both.
 *
 * @param tag `th` for a column's title, `td` for a cell.
 * @param side how the text is aligned.
 * @param text any text.
 */
export function alignedCell(tag: 'th' | 'td', side: 'left' | 'right', text: string): string {
  return `<${tag} align="${side}" style="text-align: ${side}">${escapeHtml(text)}</${tag}>`;
}
