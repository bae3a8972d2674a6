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
};
