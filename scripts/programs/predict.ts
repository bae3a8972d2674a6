/**
 * `npm run predict -- picture.png`: reads digits in pictures with the network that `train` saved.
 */
import '../compileCache';
import { parseArgs } from 'node:util';
import { images, models, saving, training } from '../../lib/index';
import { runProgram, UsageError } from '../commandLine';

const help = `Usage: npm run predict -- [options] PICTURE...

Says which handwritten digit each picture shows. The pictures (PNG, JPEG, BMP, GIF, TIFF) may
have any size, dark digits on light paper or light ones on dark.

Options:
  --checkpoints FOLDER  where the trained network is; default ckpt
  --json                print a JSON array, one object for each picture
  --help                print this text

Exit status: 0, or 1 if there is no trained network or a picture cannot be read, or 2 if the
command line is wrong. Pictures that can be read are answered whatever the others are.
`;

interface Answer {
  picture: string;
  digit: number;
  /** The probability of that digit. */
  probability: number;
  /** The probabilities of the digits 0 to 9. */
  probabilities: number[];
}

interface Failure {
  picture: string;
  error: string;
}

async function main(): Promise<void> {
  const { values, positionals: pictures } = parseArgs({
    options: {
      checkpoints: { type: 'string', default: 'ckpt' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  if (pictures.length === 0) {
    throw new UsageError('no picture given.');
  }
  const model = await trainedModel(values.checkpoints as string);
  const results: (Answer | Failure)[] = [];
  for (const picture of pictures) {
    const result = await read(model, picture);
    results.push(result);
    if ('error' in result) {
      console.error(`predict: ${result.error}`);
      process.exitCode = 1;
    } else if (!values.json) {
      console.log(`${picture}\n        -> Predict digit ${result.digit} (${percent(result)})`);
    }
  }
  if (values.json) {
    console.log(JSON.stringify(results, null, 2));
  }
}

async function trainedModel(folder: string) {
  const checkpoint = await saving.latestCheckpoint(folder);
  if (!checkpoint) {
    throw new Error(
      `there is no trained network in the folder ${folder}. Train one with "npm run train", or ` +
        'name a folder with --checkpoints: notebook 04 saves to notebooks/ckpt.',
    );
  }
  const model = models.cnn();
  await saving.loadWeights(model, checkpoint);
  return model;
}

async function read(
  model: ReturnType<typeof models.cnn>,
  picture: string,
): Promise<Answer | Failure> {
  try {
    const digit = await images.readDigit(picture);
    const output = await training.predict(model, digit);
    const probabilities = Array.from(await output.data());
    const probability = Math.max(...probabilities);
    return { picture, digit: probabilities.indexOf(probability), probability, probabilities };
  } catch (error) {
    return { picture, error: error instanceof Error ? error.message : String(error) };
  }
}

function percent({ probability }: Answer): string {
  return `${(100 * probability).toFixed(1)} %`;
}

runProgram('predict', main);
