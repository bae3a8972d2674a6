// Loads damaged files of one format, prints the number of each input before it is tried, and
// finally the results, as JSON. Arguments: the format, how many inputs, the first one's number.
import { fuzzFiles } from './files';
import { fuzzPictures } from './pictures';

async function main(format: string, inputs: number, first: number): Promise<void> {
  const onInput = (input: number) => console.log(`input ${input}`);
  const result =
    format === 'pictures'
      ? await fuzzPictures({ inputs })
      : [await fuzzFiles(format, { inputs, first, onInput })];
  console.log(JSON.stringify(result));
}

const [, , format = '', inputs, first = '0'] = process.argv;
void main(format, Number(inputs), Number(first));
