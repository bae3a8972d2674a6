// Makes `Math.random`, and with it tfjs's weights and random tensors, give the same numbers in each
// run of the tests: none of them fails by chance. `TEST_SEED=7 npm test` tries other numbers.
import seedrandom from 'seedrandom';

seedrandom(process.env.TEST_SEED ?? 'tests', { global: true });
