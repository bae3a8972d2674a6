const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/**
 * Text as it has to be written between HTML's tags and in quoted attributes.
 *
 * @param text any text.
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

/**
 * A cell of an HTML table. JupyterLab's own style wins over the attribute `align`, and GitHub takes
 * styles away: each cell has both.
 *
 * @param tag a title or a cell.
 * @param side where the text stands.
 * @param text any text.
 */
export function alignedCell(tag: 'th' | 'td', side: 'left' | 'right', text: string): string {
  return `<${tag} align="${side}" style="text-align: ${side}">${escapeHtml(text)}</${tag}>`;
}
