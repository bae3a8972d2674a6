import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import seedrandom from 'seedrandom';
import * as tf from '../../lib/tensorflow';
import { damaged, withOneBitChanged } from './damage';
import { type Format, formats } from './formats';

/** The results of the damaged files of one format. */
export interface FileFuzzing {
  readonly format: string;
  readonly inputs: number;
  /** Loaded as if nothing had happened. */
  readonly unaffected: number;
  /** Refused with a sentence that names the file. */
  readonly refused: number;
  /** Loaded with other numbers, which a format without checksums cannot detect. */
  readonly others: number;
  readonly longestMilliseconds: number;
}

/** The result of one damaged input. */
type Outcome = 'unaffected' | 'refused' | 'others';

/** JavaScript's own messages, which do not help the owner of the file. */
const unclear =
  /Cannot read|is not a function|is not iterable|undefined|\[object|NaN|Invalid typed/;

/**
 * Damages one file of a format at a time and loads it. Each input is either loaded as if nothing
 * had happened or refused with a sentence that names the file; no tensor, graph or temporary file
 * remains.
 *
 * @param name the format.
 * @param options how many inputs, and the first one; input and seed determine the damage.
 * @throws Error with the number of the first input with any other result, and the folder of its
 * files.
 */
export async function fuzzFiles(
  name: string,
  options: { inputs: number; first?: number; onInput?: (input: number) => void },
): Promise<FileFuzzing> {
  const format = formats[name] as Format;
  const { inputs, first = 0, onInput } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'fuzzed-'));
  const good = path.join(folder, 'good');
  mkdirSync(good);
  await format.make(good);
  const expected = await format.load(good);
  const held = holdings();
  const counts: Record<Outcome, number> = { unaffected: 0, refused: 0, others: 0 };
  let longestMilliseconds = 0;
  for (let input = first; input < first + inputs; input++) {
    onInput?.(input);
    const place = path.join(folder, `${name}-${input}`);
    cpSync(good, place, { recursive: true });
    damageOneFile(place, seedrandom(`${name} ${input}`));
    const start = performance.now();
    const outcome = await outcomeOf(format, place, expected, held).catch((error: Error) => {
      throw new Error(`Input ${input} of ${name}, in ${place}: ${error.message}`, { cause: error });
    });
    longestMilliseconds = Math.max(longestMilliseconds, performance.now() - start);
    counts[outcome]++;
    rmSync(place, { recursive: true });
  }
  rmSync(folder, { recursive: true });
  return { format: format.title, inputs, ...counts, longestMilliseconds };
}

function damageOneFile(folder: string, random: () => number): void {
  const names = readdirSync(folder).sort();
  const file = path.join(folder, names[Math.floor(random() * names.length)] as string);
  const damage = random() < 0.5 ? damaged : withOneBitChanged;
  writeFileSync(file, damage(readFileSync(file), random));
}

async function outcomeOf(
  format: Format,
  place: string,
  expected: string,
  held: string,
): Promise<Outcome> {
  const before = readdirSync(tmpdir()).length;
  const answer = await format.load(place).then(
    (content) => ({ content }),
    (error: Error) => ({ message: error.message }),
  );
  if (holdings() !== held || readdirSync(tmpdir()).length !== before) {
    throw new Error(`it leaves something behind: ${holdings()}, before ${held}`);
  }
  if ('content' in answer) {
    return outcomeOfContent(format, answer.content, expected);
  }
  const { message } = answer;
  const isClear = message.includes(path.basename(place)) && !unclear.test(message);
  if (!isClear || message.startsWith('half-loaded')) {
    throw new Error(`it is refused with "${message}"`);
  }
  return 'refused';
}

function outcomeOfContent({ hasChecksum }: Format, content: string, expected: string): Outcome {
  if (content === expected) {
    return 'unaffected';
  }
  if (hasChecksum) {
    throw new Error(`it is loaded as something else: ${content.slice(0, 1000)}`);
  }
  return 'others';
}

function holdings(): string {
  const { binding } = tf.backend() as unknown as { binding: { getNumOfSavedModels(): number } };
  return `${tf.memory().numTensors} tensors, ${binding.getNumOfSavedModels()} graphs`;
}
