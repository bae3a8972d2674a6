/** Measures the machine's limits in a separate process. Its only argument is the task, as JSON. */
import { machineRates, workOfNetwork } from './limit';
import type { LimitResult, LimitTask } from './measurement';

const { networks, batchSize } = JSON.parse(process.argv[2] as string) as LimitTask;
const result: LimitResult = {
  rates: machineRates(),
  work: Object.fromEntries(networks.map((name) => [name, workOfNetwork(name, batchSize)])),
};
console.log(JSON.stringify(result));
