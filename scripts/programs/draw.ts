/** `npm run draw`: a page to draw digits on, read by three networks in the browser. */
import '../compileCache';
import { parseArgs } from 'node:util';
import { drawing } from '../../lib/index';
import { runProgram, wholeNumber } from '../commandLine';

const help = `Usage: npm run draw -- [options]

Opens a page to draw digits on. Three networks read them while you draw, in the browser: LeNet-5,
a CNN and an MLP. The first start trains them on MNIST, which takes a minute or two, and keeps
them. Ctrl-C ends the program.

Options:
  --port N           the page's port on this machine; default 0, any free one
  --retrain          train the networks again
  --networks FOLDER  where the networks are kept; default data/cache/digit-networks
  --pictures N       train on the first N of the 60,000 pictures only, to try things out
  --help             print this text

Exit status: 0, or 1 if training or serving failed, or 2 if the command line is wrong, or 130 if
Ctrl-C ended it before the pad was there.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      retrain: { type: 'boolean', default: false },
      networks: { type: 'string' },
      pictures: { type: 'string', default: '60000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const port = wholeNumber('--port', values.port, 0, 65_535);
  const signals = handleSignals();
  const networks = await trainedNetworks({
    folder: values.networks,
    retrain: values.retrain,
    pictures: wholeNumber('--pictures', values.pictures, 1, 60_000),
  });
  const models = Object.fromEntries(networks.map(({ name, folder }) => [name, folder]));
  const captions = Object.fromEntries(
    networks.map(({ name, accuracy }) => [name, `test accuracy ${accuracy.toFixed(4)}`]),
  );
  const pad = await drawing.drawDigits(models, { port, captions });
  console.log('Open it in a browser on this machine. Ctrl-C ends the program.');
  signals.whenServing(() => pad.close());
}

/**
 * From now on a signal ends the program: before it serves the pad, with the signal's exit status;
 * then by closing the pad, which is a success. A second signal ends it at once.
 */
function handleSignals(): { whenServing(close: () => void): void } {
  let closePad: (() => void) | undefined;
  let closing = false;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      if (closePad && !closing) {
        closing = true;
        closePad();
        return;
      }
      if (!closing) {
        console.error('\nStopped. Networks whose training had finished are kept.');
      }
      process.exit(code);
    });
  }
  return {
    whenServing(close) {
      closePad = close;
    },
  };
}

async function trainedNetworks(
  options: drawing.DigitNetworksOptions,
): Promise<drawing.DigitNetwork[]> {
  const start = performance.now();
  let trained = 0;
  const networks = await drawing.digitNetworks({
    ...options,
    onTraining: () => {
      if (trained++ === 0) {
        console.log(
          'The networks are trained first, once: that takes a minute or two. Ctrl-C stops it.',
        );
      }
      console.log();
    },
  });
  if (trained > 0) {
    console.log(`\nThe training took ${((performance.now() - start) / 1000).toFixed(0)} s.`);
  }
  for (const { name, accuracy } of networks) {
    console.log(`${name}: test accuracy ${accuracy.toFixed(4)}`);
  }
  return networks;
}

runProgram('draw', main);
