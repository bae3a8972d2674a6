import { between, exactly, type Judge } from './judges';

/** What each exercise asks for: by the notebook's and the exercise's number, then by name. */
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
    share: between(0.02, 0.7, {
      below: 'lower than expected. Are the pixels divided by 255?',
      above: 'higher than expected. Is it a share, from 0 to 1?',
    }),
  },
};
