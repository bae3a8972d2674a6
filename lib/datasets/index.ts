/**
 * Datasets: MNIST and Fashion-MNIST, downloaded, checked and cached; one-hot labels and a validation
 * split.
 *
 * @module
 */
export type { DatasetSource } from './catalogue';
export { type IdxArray, readIdx } from './idx';
export {
  fashionMnist,
  fashionMnistClassNames,
  type ImageDataset,
  type ImageDatasetOptions,
  type LabelledImages,
  mnist,
} from './imageDatasets';
export type { ObtainOptions } from './obtain';
export { oneHot } from './oneHot';
export type { DatasetProgress, ReportProgress } from './progress';
export { splitValidation } from './splitValidation';
