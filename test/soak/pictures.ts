import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import seedrandom from 'seedrandom';
import { read } from '../../lib/images';
import { decoderPeaks } from '../images/decoderProcesses';
import { fixture } from '../images/fixtures';
import { damaged } from './damage';

/** The results of the damaged pictures of one format. */
export interface PictureFuzzing {
  readonly format: string;
  readonly inputs: number;
  /** The damage did not show, or made another picture: not every format has checksums. */
  readonly read: number;
  readonly refused: number;
  readonly longestMilliseconds: number;
  /** The peak memory of a decoding process (Linux only). */
  readonly peakMegabytes: number;
}

const formats = ['.png', '.jpg', '.bmp', '.gif', '.tiff'];

/**
 * Reads damaged pictures of every format: bytes replaced, pieces removed, inserted or repeated,
 * ends cut off. Each is read, or refused with a sentence, within 10 seconds and 1 GB of memory.
 *
 * @param options how many inputs a format, and the seed of the damage.
 * @throws Error with the input, as Base64, that had any other result.
 */
export async function fuzzPictures(
  options: { inputs?: number; seed?: string } = {},
): Promise<PictureFuzzing[]> {
  const { inputs = 300, seed = 'pictures' } = options;
  const names = readdirSync(dirname(fixture('rgb.png'))).sort();
  const results: PictureFuzzing[] = [];
  for (const format of formats) {
    const pictures = names
      .filter((name) => extname(name) === format)
      .map((name) => readFileSync(fixture(name)));
    results.push(await fuzzFormat(format, pictures, inputs, seedrandom(`${seed} ${format}`)));
  }
  return results;
}

async function fuzzFormat(
  format: string,
  pictures: readonly Buffer[],
  inputs: number,
  random: () => number,
): Promise<PictureFuzzing> {
  let [wasRead, longestMilliseconds, peakMegabytes] = [0, 0, 0];
  for (let input = 0; input < inputs; input++) {
    const content = damaged(pictures[input % pictures.length] as Buffer, random);
    const start = performance.now();
    const problem = await problemOf(content);
    const milliseconds = performance.now() - start;
    wasRead += problem === undefined ? 1 : 0;
    longestMilliseconds = Math.max(longestMilliseconds, milliseconds);
    peakMegabytes = Math.max(peakMegabytes, ...decoderPeaks());
    const isSentence = /^picture (is|has|cannot be|takes) .{5,}$/.test(problem ?? '');
    if ((problem !== undefined && !isSentence) || milliseconds > 60_000 || peakMegabytes > 1000) {
      const took = `${Math.round(milliseconds)} ms, up to ${Math.round(peakMegabytes)} MB`;
      throw new Error(`${problem} (${took}): ${content.toString('base64')}`);
    }
  }
  const refused = inputs - wasRead;
  return { format, inputs, read: wasRead, refused, longestMilliseconds, peakMegabytes };
}

/** The error for the picture; undefined if it is read. */
async function problemOf(content: Buffer): Promise<string | undefined> {
  try {
    const { width, height, pixels } = await read(content);
    return pixels.length === width * height ? undefined : `${width}×${height}: ${pixels.length}`;
  } catch (error) {
    return (error as Error).message;
  }
}
