import { between, exactly, type Judge } from './judges';

/**
 * The expected results of each exercise: by the notebook's and the exercise's number, then by name.
 */
export const exercises: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  '01.1': {
    parameters: exactly(101_770, [
      [100_480, 'these are the parameters of the hidden layer; the output layer has some too.'],
      [101_632, 'these are the weights; each neuron has a bias too.'],
      [795_010, 'that is the network with 1,000 neurons.'],
    ]),
    accuracy: between(0.97, 0.985, {
      below: 'lower than expected. Ten epochs? Pixels divided by 255?',
      above: 'higher than expected. Is it the accuracy on the test set?',
    }),
  },
  '01.2': {
    loss: between(0.8, 20, {
      below: 'lower than expected. Are the pixels still divided by 255?',
      above: 'higher than expected. Is it the loss of the whole first epoch, not of a batch?',
    }),
  },
  '01.3': {
    loss: between(0.05, 0.1, {
      below: 'lower than expected. Is it the loss on the test set, after three epochs?',
      above: 'higher than expected. Three epochs? Pixels divided by 255?',
    }),
    accuracy: between(0.97, 0.985, {
      below: 'lower than expected. Three epochs? Pixels divided by 255?',
      above: 'higher than expected. Is it the accuracy on the test set?',
    }),
  },
  '01.4': {
    answers: exactly('72104149590690159734', [['7210414959069015973', 'one is missing.']]),
  },
  '02.1': {
    epochs: between(1, 4, {
      below: 'none so far. Are all four activations relu?',
      above: 'more than expected. Are all four activations relu, and the pixels divided by 255?',
    }),
  },
  '02.2': {
    accuracy: between(0.955, 0.99, {
      below: 'lower than expected. Four epochs? Softmax at the end?',
      above: 'higher than expected. Are the hidden activations still sigmoid?',
    }),
  },
  '02.3': {
    probability: between(0.2, 0.999999, {
      below: 'lower than the largest of ten probabilities is likely to be.',
      above: 'higher than expected. Is the picture mirrored?',
    }),
  },
  '02.4': {
    shape: exactly('28 × 28', [
      ['24 × 24', 'that would be without padding; the first layer has the padding same.'],
      ['10 × 10', 'these are the maps of the second convolution.'],
    ]),
  },
  '02.5': {
    share: between(0.02, 1, {
      below: 'lower than expected. Are the pixels divided by 255?',
      above: 'higher than expected. Is it a share, from 0 to 1?',
    }),
  },
  '03.1': {
    accuracy: between(0.05, 0.9, {
      below: 'that is less than guessing.',
      above: 'higher than expected. Are the pixels as in the article, from 0 to 255?',
    }),
  },
  '03.2': {
    rate: between(0.1, 0.6, {
      below: 'smaller rates than 0.1 were not asked for. Are the pixels divided by 255?',
      above: 'larger than expected. Did it really learn? Guessing has an accuracy of 0.1.',
    }),
  },
  '03.3': {
    accuracy: between(0.8, 0.9, {
      below: 'lower than expected. Did the network keep the weights of its first five epochs?',
      above: 'higher than expected. Is it the accuracy on the test set?',
    }),
  },
  '03.4': {
    position: exactly(244, [[19, 'that counts the shirts, not the places in the test set.']]),
  },
  '03.5': {
    accuracy: between(0.6, 0.85, {
      below: 'lower than expected. Does it begin with the same weights?',
      above: 'higher than expected. Two epochs? Pixels from 0 to 255?',
    }),
  },
  '04.1': {
    edges: exactly('right', [
      ['left', 'look again: where is the stroke bright, and where is the dark that follows?'],
      ['lower', 'that was the filter of section 3.'],
    ]),
  },
  '04.2': {
    files: exactly(5, [
      [4, 'there is a file more: which note says what checkpoint is the newest?'],
      [3, 'that is one checkpoint; a period of 1 saves after each of two epochs.'],
    ]),
  },
  '04.3': {
    parameters: exactly(121_930, [[93_322, 'that is the network with three convolutions.']]),
    accuracy: between(0.975, 0.993, {
      below: 'lower than expected. Two epochs? Pixels divided by 255?',
      above: 'higher than expected. Is it the accuracy on the test set?',
    }),
  },
  '04.4': {
    tensors: exactly(22, [
      [20, 'two averages for each of ten tensors; what does Adam keep besides?'],
      [21, 'it counts its steps, and there is one more number that you chose.'],
      [10, 'Adam keeps two averages for each tensor, not one.'],
    ]),
  },
  '04.5': {
    trainingLoss: between(0.002, 0.019, {
      below: 'lower than expected. Three epochs more?',
      above: 'higher than expected. Does it begin with the trained weights?',
    }),
    testLoss: between(0.02, 0.06, {
      below: 'lower than expected. Is it the loss on the test set?',
      above: 'higher than expected. Does it begin with the trained weights?',
    }),
  },
  '05.1': {
    right: between(8, 10, {
      below: 'fewer than expected. Are the pixels inverted, and divided by 255?',
      above: 'there are only ten.',
    }),
  },
  '05.2': {
    probability: between(0.1, 1, {
      below: 'the largest of ten probabilities cannot be below 0.1.',
      above: 'a probability is at most 1.',
    }),
  },
  '05.3': {
    probability: between(0.1, 0.4, {
      below: 'the largest of ten probabilities cannot be below 0.1.',
      above: 'higher than expected. Is it a network without the saved weights?',
    }),
  },
  '05.4': {
    shape: exactly('1 × 28 × 28 × 1', [
      ['28 × 28', 'there is a batch and a channel, too.'],
      ['28 × 28 × 1', 'a batch of one is in front.'],
    ]),
  },
  '06.1': {
    difference: between(0, 1e-4, {
      below: 'a difference is not negative.',
      above: 'larger than rounding. Do both begin with fresh variables of the same seed?',
    }),
    lastLoss: between(2.2, 2.4, {
      below: 'lower than expected. Is it plain gradient descent with the rate 0.1?',
      above: 'higher than expected. Is it plain gradient descent with the rate 0.1?',
    }),
  },
  '06.2': {
    smallestLoss: between(1.46, 2, {
      below: 'a softmax over values from 0 to 1 cannot give that. Is the sigmoid in the loss?',
      above: 'higher than expected. 200 iterations of Adam?',
    }),
    accuracy: between(0.8, 0.98, {
      below: 'lower than expected. 200 iterations of Adam?',
      above: 'higher than expected. Is the sigmoid in the loss?',
    }),
  },
  '06.3': {
    lastLoss: between(2.2, 2.4, {
      below: 'lower than expected. Is each variable moved by -0.1 times its gradient?',
      above: 'higher than expected. Is each variable moved against its gradient?',
    }),
  },
  '06b.1': {
    largestLoss: between(3, 1e6, {
      below: 'lower than expected. Is the rate 0.1, and are the weights those of He?',
      above: 'higher than expected.',
    }),
  },
  '06b.2': {
    accuracy: between(0.08, 0.13, {
      below: 'lower than guessing.',
      above: 'higher than guessing: are all weights 0?',
    }),
  },
  '07.4': {
    bytes: exactly(407_080, [
      [101_770, 'that is the number of parameters; each takes four bytes.'],
    ]),
  },
};
