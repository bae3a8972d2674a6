// Saves one checkpoint: the child process of the tests that go through every moment of a
// replacement (see stopAtChange.ts). Arguments: the path of the checkpoint, the value of its numbers.
import './stopAtChange';
import { saveCheckpoint } from '../../lib/saving/checkpoint';
import * as tf from '../../lib/tensorflow';

const [, , prefix = '', value] = process.argv;

void saveCheckpoint(prefix, {
  a: tf.fill([300, 100], Number(value)),
  b: tf.fill([7], Number(value)),
});
