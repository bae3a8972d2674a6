/** How the programs write what they have measured into results/. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The day, as YYYY-MM-DD. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Replaces a file as a whole: an interrupted program leaves the old one. Makes missing folders. */
export function writeWhole(file: string, content: string | Buffer): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}

/** What a result was measured on. */
export function machine(): { cpu: string; cores: number } {
  return { cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.cpus().length };
}
