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
};
