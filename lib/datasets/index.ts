/**
 * Datasets: MNIST and Fashion-MNIST, downloaded, checked and cached; a way to load others in the
 * same manner; one-hot labels and a validation split.
 *
 * @module
 */
export { type DebianPackage, debianPackage } from './debianPackage';
export type {
  DatasetDescription,
  DatasetFile,
  DatasetFiles,
  Decoder,
  SourceMaker,
} from './description';
export { type FashionMnistSource, fashionMnist, fashionMnistClassNames } from './fashionMnist';
export { type IdxArray, readIdx } from './idx';
export type { ImageDataset, LabelledImages } from './imageDataset';
export { type DatasetOptions, loadDataset } from './loadDataset';
export { cache, npmPackage, offlineFolder } from './localSources';
export { mirrors } from './mirrors';
export { type MnistSource, mnist } from './mnist';
export type { ObtainOptions } from './obtain';
export { oneHot } from './oneHot';
export type { DatasetProgress, ReportProgress } from './progress';
export { type RandomShiftsOptions, randomShifts, shift } from './shifts';
export type { FoundFile, Source, SourceContext } from './source';
export { splitValidation } from './splitValidation';
