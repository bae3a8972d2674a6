// Does one kind of work so many times, and prints what the process held before and after, as JSON.
// Arguments: the work's name, how often it is done first to warm up, how often afterwards.
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
