/**
 * A notebook in another language: the English one's code and outputs, with text cells of its own.
 * Each text cell keeps, in its metadata, the fingerprint of the English text that it translates.
 */
import { createHash } from 'node:crypto';
import { type Cell, type Notebook, sourceOf } from './notebook';

/** The result of {@link translate}. */
export interface Translated {
  notebook: Notebook;
  /** The text cells whose English text is new or has changed since it was translated. */
  stale: string[];
}

/**
 * Brings a translation up to date: code and outputs come from the English notebook, text from the
 * earlier translation. Untranslated text stays English.
 *
 * @param english the notebook as it is now.
 * @param earlier its translation so far.
 * @param accept accept every text of the earlier translation as a translation of the present
 * English text.
 */
export function translate(
  english: Notebook,
  earlier: Notebook | undefined,
  accept: boolean,
): Translated {
  const texts = new Map(earlier?.cells.map((cell) => [cell.id, cell]));
  const stale: string[] = [];
  const cells = english.cells.map((cell): Cell => {
    if (cell.cell_type !== 'markdown') {
      return { ...cell, source: linesOf(pathsFromOneDeeper(sourceOf(cell))) };
    }
    const known = texts.get(cell.id);
    const today = fingerprint(sourceOf(cell));
    const translates = accept && known !== undefined ? today : known?.metadata.translates;
    if (translates !== today) {
      stale.push(cell.id);
    }
    const source = known === undefined ? cell.source : known.source;
    const metadata = { ...cell.metadata, translates: translates ?? 'nothing yet' };
    return { ...cell, source, metadata };
  });
  return { notebook: { ...english, cells }, stale };
}

/** The translation is in a subfolder of the English notebook's folder. */
function pathsFromOneDeeper(code: string): string {
  return code.replace(/(['"`])\.\.\/(?=lib|data|results)/g, '$1../../');
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
