/**
 * The program of the decoding process: answers each picture's path or content with its brightness,
 * or with what is wrong. It is started, and ended, by `decoderProcess.ts`.
 */
import type { GreyPixels } from './grey';

/** A file's path, or the file's content. */
export type Question = string | Uint8Array;
/** The picture, or the rest of a sentence that begins with its name. */
export type Answer = GreyPixels | { readonly problem: string };

process.on('message', async (question: Question) => {
  process.send?.(await answer(question));
});
// Ctrl-C and JupyterLab's ■ are for the program that reads pictures; it ends this one.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

async function answer(question: Question): Promise<Answer> {
  try {
    // Loaded here, so that an error in it is an answer too.
    const { decode } = await import('./decode.js');
    return await decode(question);
  } catch (error) {
    const isForeseen = error instanceof Error && error.name === 'PictureError';
    return {
      problem: isForeseen
        ? error.message
        : `cannot be decoded: ${error instanceof Error ? error.message : error}`,
    };
  }
}
