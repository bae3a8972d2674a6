/**
 * `npm run gallery`: copies the README's pictures from the stored notebooks to docs/gallery. Run it
 * after the notebooks have been run.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runProgram } from '../commandLine';
import { writeResult } from '../recordedResults';
import { readNotebook, sourceOf, textOf } from './notebook';

/** Where a picture is: in the output of the notebook's only cell that contains this code. */
export interface Place {
  notebook: string;
  code: string;
}

const project = path.resolve(__dirname, '../../..');
const folder = 'docs/gallery';

/** The files in docs/gallery, without their extension, and where the pictures come from. */
const pictures: Record<string, Place> = {
  clothes: { notebook: '03-fashion-mnist-lenet', code: 'const firstLabels = ' },
  misclassified: { notebook: '02-mnist-lenet5', code: 'plots.misclassified(' },
  'confusion-matrix': { notebook: '03-fashion-mnist-lenet', code: 'plots.confusionMatrix(' },
  accuracy: { notebook: '02-mnist-lenet5', code: '...continued.history.acc' },
  'own-digits': { notebook: '02-mnist-lenet5', code: 'const ownAnswers = ' },
  starts: { notebook: '06b-first-weights', code: 'const smallUseRuns = ' },
};

/**
 * The PNG that a cell of a notebook shows.
 *
 * @throws Error unless exactly one cell contains this code and its output has exactly one picture.
 */
export function pictureOf(notebook: string, code: string): Buffer {
  const { cells } = readNotebook(notebook);
  const found = cells.filter((cell) => cell.cell_type === 'code' && sourceOf(cell).includes(code));
  if (found.length !== 1) {
    throw new Error(`${notebook} has ${found.length} cells with "${code}", expected one.`);
  }
  const images = (found[0]?.outputs ?? [])
    .map(({ data }) => data?.['image/png'])
    .filter((image) => image !== undefined);
  if (images.length !== 1) {
    throw new Error(
      `The cell with "${code}" in ${notebook} shows ${images.length} pictures, expected one: ` +
        'run the notebook first (npm run notebooks).',
    );
  }
  return Buffer.from(textOf(images[0] as string | string[]), 'base64');
}

const help = `Usage: npm run gallery

Takes the pictures of the README out of the notebooks, as they are stored there, and puts them into
docs/gallery. To be run when the notebooks have been run anew.

Options:
  --help     print this text

Exit status: 0, or 1 if a picture is missing.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', default: false } } });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  for (const [name, { notebook, code }] of Object.entries(pictures)) {
    const picture = pictureOf(path.join(project, `notebooks/${notebook}.ipynb`), code);
    await writeResult(path.join(project, folder, `${name}.png`), picture);
    console.log(`${folder}/${name}.png: ${Math.ceil(picture.length / 1000)} kB, from ${notebook}`);
  }
}

if (require.main === module) {
  runProgram('gallery', main);
}
