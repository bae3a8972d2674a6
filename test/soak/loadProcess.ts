// Repeats one kind of work, and prints the process's resources before and after, as JSON.
// Arguments: the work's name, the number of warm-up runs, the number of runs.
import { loads } from './loads';
import { measure } from './measures';

async function main(name: string, warmUp: number, times: number): Promise<void> {
  const load = loads[name];
  if (!load) {
    throw new Error(`There is no work "${name}"; there are ${Object.keys(loads).join(', ')}.`);
  }
  await load.run(warmUp);
  const before = await measure();
  await load.run(times);
  console.log(JSON.stringify({ before, after: await measure() }));
}

const [, , name = '', warmUp, times] = process.argv;
void main(name, Number(warmUp), Number(times));
