/** CIFAR-10 as a dataset of one's own: what `data/README.md` shows. */
import { datasets } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

/** The pictures of one batch, and the bytes of each: its class, then red, green and blue planes. */
const height = 32;
const plane = height * height;
const record = 1 + 3 * plane;

/** CIFAR-10 in the form "binary version", from a folder of the user's own. */
export function cifar10(
  files: readonly datasets.DatasetFile[],
): datasets.DatasetDescription<datasets.ImageDataset<tf.Tensor4D>, 'offline' | 'cache'> {
  return {
    title: 'CIFAR-10',
    folder: 'cifar-10-batches-bin',
    files,
    sources: { offline: datasets.offlineFolder, cache: datasets.cache },
    website: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    decode: (contents, limit) => {
      const batches = files.map(({ name }) => Buffer.from(contents.get(name) as Uint8Array));
      const [test = Buffer.alloc(0)] = batches.slice(-1);
      return {
        train: decodeBatch(Buffer.concat(batches.slice(0, -1)), limit),
        test: decodeBatch(test, limit),
      };
    },
  };
}

function decodeBatch(bytes: Buffer, limit: number): datasets.LabelledImages<tf.Tensor4D> {
  const count = Math.min(limit, bytes.length / record);
  return tf.tidy(() => {
    const records = tf.tensor2d(new Uint8Array(bytes), [bytes.length / record, record]);
    const planes = records.slice([0, 1], [count, -1]).reshape([count, 3, height, height]);
    return {
      images: planes.transpose<tf.Tensor4D>([0, 2, 3, 1]).toFloat(),
      labels: records.slice([0, 0], [count, 1]).reshape<tf.Tensor1D>([count]).toInt(),
    };
  });
}
