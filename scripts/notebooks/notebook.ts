/** Notebooks as files: https://nbformat.readthedocs.io/en/latest/format_description.html. */
import { readFileSync } from 'node:fs';

/** A notebook's cell, with the fields that the programs here use. */
export interface Cell {
  cell_type: 'markdown' | 'code' | 'raw';
  id: string;
  source: string | string[];
  metadata: { translates?: string; tags?: string[] } & Record<string, unknown>;
  outputs?: {
    output_type: string;
    data?: Record<string, string | string[]>;
    metadata?: Record<string, unknown>;
  }[];
  [field: string]: unknown;
}

/** A notebook in its JSON form. */
export interface Notebook {
  cells: Cell[];
  [field: string]: unknown;
}

export function readNotebook(file: string): Notebook {
  return JSON.parse(readFileSync(file, 'utf8')) as Notebook;
}

/** Notebooks store long texts as one string or line by line. */
export function textOf(stored: string | string[]): string {
  return typeof stored === 'string' ? stored : stored.join('');
}

/** The text of a cell, in one piece. */
export function sourceOf({ source }: Cell): string {
  return textOf(source);
}
