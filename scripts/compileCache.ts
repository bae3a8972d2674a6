/**
 * Keeps the compiled code of a program's modules in build/, so that its next start is faster. To be
 * imported before them.
 */
import { enableCompileCache } from 'node:module';
import path from 'node:path';

// Without it in Node.js before 22.8; where the folder cannot be written, a start is only slower.
enableCompileCache?.(path.join(__dirname, '../.compiled'));
